"""Every setting of the product, read once from TIDEGATE_* variables (and a .env file). Imports nothing of ours but
the error it raises."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import SettingsError

DEFAULT_PII_KEY = "insecure-demo-key-do-not-use"
"""The key a checkout starts with; only a demo may run on it."""

MIN_KEY_BYTES = 16

UNSET = "(unset)"
"""What a variable says when it is to be as if nobody had set it, not even the .env file."""

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class Settings(BaseSettings):
    """What the operator can set. Field `x` is the variable `TIDEGATE_X`; durations and sizes carry their unit."""

    model_config = SettingsConfigDict(
        env_prefix="TIDEGATE_", env_file=".env", env_parse_none_str=UNSET, extra="ignore", frozen=True
    )

    # Where things are
    broker: str = Field("kafka://127.0.0.1:9092", description="Kafka bootstrap servers, kafka://host:port[,host:port]")
    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"), description="Valkey or Redis; rediss:// for TLS"
    )
    topic_prefix: str = Field("tidegate.", pattern=r"^[A-Za-z0-9._-]*$", description="put before every topic name")
    data_dir: Path = Field(Path(".tidegate"), description="local state: embedded servers, Faust's data")
    policy: Path | None = Field(None, description="policy file; the one that ships with the product when unset")
    model_dir: str | None = Field(
        None, description="where model snapshots are kept: a directory, or a URL of fsspec; DATA_DIR/models when unset"
    )

    list_services: Path | None = Field(None, description="file of the external list services to ask; none when unset")

    # Secrets and identity
    pii_key: SecretStr = Field(SecretStr(DEFAULT_PII_KEY), description="key of the HMAC that tokenises personal data")
    model_key: SecretStr | None = Field(
        None, description="key of the HMAC that signs model snapshots; made from PII_KEY when unset"
    )
    list_service_keys: SecretStr | None = Field(None, description='keys of list services, as JSON: {"service": "key"}')
    demo: bool = Field(False, description="this is a demo: the default key is allowed")
    timezone: str = Field(
        "Asia/Shanghai",
        description="the lender's local time, for ages and, unless the place keeps other time, night hours",
    )

    # Kafka
    partitions: int = Field(12, ge=1, le=1024, description="partitions of each topic")
    replication_factor: int = Field(1, ge=1, le=15, description="replicas of each topic")
    group_id: str = Field("worker", pattern=r"^[A-Za-z0-9._-]+$", description="consumer group, after the topic prefix")
    kafka_security_protocol: Protocol = Field("PLAINTEXT", description="how to speak to Kafka")
    kafka_sasl_mechanism: SaslMechanism = Field("SCRAM-SHA-512", description="with SASL_*: the mechanism")
    kafka_sasl_username: str | None = Field(None, description="with SASL_*: the user")
    kafka_sasl_password: SecretStr | None = Field(None, description="with SASL_*: the password")
    kafka_ssl_ca_file: Path | None = Field(None, description="CA that signed the brokers' certificates")
    kafka_ssl_cert_file: Path | None = Field(None, description="client certificate, for mutual TLS")
    kafka_ssl_key_file: Path | None = Field(None, description="key of the client certificate")

    # Valkey
    redis_ssl_ca_file: Path | None = Field(None, description="CA that signed Valkey's certificate")
    redis_username: str | None = Field(None, description="Valkey ACL user, if not in the URL")
    redis_password: SecretStr | None = Field(None, description="Valkey password, if not in the URL")
    index_deadline_ms: int = Field(
        50, ge=1, le=10_000, description="longest wait for the link index before degrading, for one application"
    )

    # The worker
    web_host: str = Field("127.0.0.1", description="address of /healthz, /readyz and /metrics")
    web_port: int = Field(9464, ge=0, le=65_535, description="port of the same, or the next free one; 0: any")
    batch_max: int = Field(100, ge=1, le=1_000, description="most events an agent takes at once")
    learner: bool = Field(True, description="whether this worker may run the learner")
    learner_snapshot_s: float = Field(
        60.0, gt=0, description="at most so long what was learned waits to be kept and served"
    )
    learner_snapshot_examples: int = Field(2_000, ge=1, description="at most so many examples wait likewise")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least severe level logged")

    @field_validator("broker")
    @classmethod
    def _broker_is_a_kafka_address(cls, value: str) -> str:
        for address in value.removeprefix("kafka://").split(","):
            parts = urlsplit(f"kafka://{address.strip()}")
            try:
                port = parts.port
            except ValueError:
                port = None
            if not parts.hostname or port is None or parts.path:
                raise ValueError(f"{address!r} is not host:port; write kafka://host:port[,host:port]")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"{value!r} is no IANA time zone; write for example Asia/Shanghai") from None
        return value

    @field_validator("model_dir")
    @classmethod
    def _model_dir_is_absolute(cls, value: str | None) -> str | None:
        """A process in whatever directory finds the same."""
        return value if value is None or "://" in value else str(Path(value).absolute())

    @model_validator(mode="after")
    def _sasl_has_credentials(self) -> Settings:
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError("SASL needs TIDEGATE_KAFKA_SASL_USERNAME and TIDEGATE_KAFKA_SASL_PASSWORD")
        return self

    @property
    def bootstrap(self) -> list[str]:
        """Kafka's addresses as `host:port` strings."""
        return [address.strip() for address in self.broker.removeprefix("kafka://").split(",")]

    @property
    def pii_key_bytes(self) -> bytes:
        """The tokenisation key. Raises SettingsError when it is too short, or the default outside a demo."""
        key = self.pii_key.get_secret_value().encode()
        if key == DEFAULT_PII_KEY.encode() and not self.demo:
            raise SettingsError(
                "TIDEGATE_PII_KEY is not set: refusing to tokenise personal data with the default key. "
                "Set it to at least 16 random bytes (for example `openssl rand -hex 32`), or TIDEGATE_DEMO=1 for a demo"
            )
        if len(key) < MIN_KEY_BYTES:
            raise SettingsError(f"TIDEGATE_PII_KEY has {len(key)} bytes; at least {MIN_KEY_BYTES} are needed")
        return key

    @property
    def model_key_bytes(self) -> bytes:
        """The key that signs model snapshots. Raises SettingsError when it is too short; without one of its own it is
        made from `pii_key`, which must be usable then."""
        if self.model_key is None:
            return hmac.digest(self.pii_key_bytes, b"tidegate model snapshots", "sha256")
        key = self.model_key.get_secret_value().encode()
        if len(key) < MIN_KEY_BYTES:
            raise SettingsError(f"TIDEGATE_MODEL_KEY has {len(key)} bytes; at least {MIN_KEY_BYTES} are needed")
        return key

    @property
    def model_url(self) -> str:
        """Where model snapshots are: an absolute directory, or a URL."""
        if self.model_dir is None:
            return str((self.data_dir / "models").absolute())
        return self.model_dir

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The environment that makes a process, in whatever directory, use exactly these settings: what it inherits,
        without any TIDEGATE_* variables there, and ours, which a .env file there does not add to. Secrets stand in it
        in the clear."""
        variables = {name: value for name, value in inherited.items() if not name.upper().startswith("TIDEGATE_")}
        for name, value in self:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            plain = plain.absolute() if isinstance(plain, Path) else plain
            variables[f"TIDEGATE_{name.upper()}"] = UNSET if plain is None else str(plain)
        return variables

    def topic(self, name: str) -> str:
        """Full name of a topic of the contract."""
        return self.topic_prefix + name

    @property
    def consumer_group(self) -> str:
        """The workers' consumer group, which is Faust's app id too. It carries the topic prefix, so that deployments
        that share a cluster do not join each other's group."""
        return self.topic_prefix + self.group_id
