"""docker-compose.yml and the Dockerfile are what Compose accepts, and say what the settings and the code say."""

import json
import re
import shlex
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded.jars import kafka_version, locked_jars

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")

FROM_ENVIRONMENT = re.compile(r"\$\{(?P<name>\w+):\?[^}]+\}")
"""Compose's spelling of a variable without which it does not start."""


def tidegate_variables(service: str) -> dict[str, str]:
    """The TIDEGATE_* variables of a service as they stand in the file."""
    environment = SERVICES[service].get("environment", {})
    return {name: value for name, value in environment.items() if name.startswith("TIDEGATE_")}


def default(field: str) -> Any:
    """A setting's default, secrets unveiled."""
    value = Settings.model_fields[field].default
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def test_the_file_is_valid_by_the_compose_specification() -> None:
    # The package's own import needs a newer click than the command line has, so its data file is read directly.
    schema = distribution("check-jsonschema").locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    jsonschema.validate(COMPOSE, json.loads(Path(str(schema)).read_text(encoding="utf-8")))


def test_every_port_is_published_on_loopback_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+(-\d+)?:\d+", port) for port in ports), ports


def test_programs_on_this_machine_find_kafka_and_valkey_by_the_default_settings() -> None:
    kafka, valkey = urlsplit(default("broker")), urlsplit(default("redis_url"))
    assert f"{kafka.hostname}:{kafka.port}:{kafka.port}" in SERVICES["kafka"]["ports"]
    assert f"{valkey.hostname}:{valkey.port}:{valkey.port}" in SERVICES["valkey"]["ports"]
    assert f"HOST://{kafka.netloc}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")


def test_the_workers_publish_the_port_of_their_health_endpoints() -> None:
    port = default("web_port")
    (published,) = SERVICES["worker"]["ports"]
    assert published.endswith(f":{port}")
    assert f"127.0.0.1:{port}/readyz" in " ".join(SERVICES["worker"]["healthcheck"]["test"])
    assert f"127.0.0.1:{port}/healthz" in DOCKERFILE
    first, last = re.findall(r"(\d+)-(\d+):", published)[0]
    assert int(last) - int(first) + 1 >= SERVICES["worker"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("service", ["topics", "worker"])
def test_the_settings_of_a_service_are_settings_that_exist_and_are_accepted(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = tidegate_variables(service)
    fields = {name.removeprefix("TIDEGATE_").lower() for name in variables}
    assert {"broker", "redis_url", "pii_key"} <= fields <= set(Settings.model_fields)
    for name, value in variables.items():
        monkeypatch.setenv(name, FROM_ENVIRONMENT.sub("a-secret-of-the-operators-own-00", value))
    settings = Settings(_env_file=None)
    assert settings.pii_key_bytes
    assert [address.split(":")[0] for address in settings.bootstrap] == ["kafka"]
    assert urlsplit(settings.redis_url.get_secret_value()).hostname == "valkey"


def test_the_workers_share_the_store_of_models() -> None:
    home = re.findall(r"TIDEGATE_DATA_DIR=(\S+)", DOCKERFILE)[0]
    store = Settings(_env_file=None, data_dir=Path(home)).model_url
    assert f"models:{store}" in SERVICES["worker"]["volumes"]
    assert f"--owner tidegate {store}" in DOCKERFILE


def test_the_containers_find_kafka_where_it_advertises_itself_to_them() -> None:
    inside = tidegate_variables("worker")["TIDEGATE_BROKER"].replace("kafka://", "INSIDE://")
    assert inside in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")


def test_no_secret_has_a_default() -> None:
    secrets = {
        f"TIDEGATE_{name.upper()}" for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    }
    for service in SERVICES:
        for name, value in tidegate_variables(service).items():
            if name == "TIDEGATE_REDIS_URL":
                assert urlsplit(value).password is None
            elif name in secrets:
                match = FROM_ENVIRONMENT.fullmatch(value)
                assert match, f"{service}: {name}"
                assert match["name"] == name
    assert ":-" not in yaml.safe_dump(COMPOSE)  # ${NAME:-a default}


def test_nothing_secret_is_built_into_the_image() -> None:
    assert "PII_KEY" not in DOCKERFILE
    assert "PASSWORD" not in DOCKERFILE
    copied = [word for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()]
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore, "all is left out that is not let in"
    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == set(copied)


def test_the_cluster_can_hold_the_topics_as_they_are_made() -> None:
    environment = SERVICES["kafka"]["environment"]
    assert default("replication_factor") == 1, "there is one broker"
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false", "a mistyped topic name is an error, not a topic"
    assert not {name for name in environment if "MESSAGE_MAX" in name}, "each topic sets its own largest record"


def test_workers_start_when_the_topics_are_made_and_valkey_answers() -> None:
    assert SERVICES["topics"]["command"] == ["tidegate", "topics", "create"]
    assert SERVICES["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert SERVICES["worker"]["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert SERVICES["worker"]["depends_on"]["valkey"]["condition"] == "service_healthy"
    assert all("test" in SERVICES[name]["healthcheck"] for name in ("kafka", "valkey", "worker"))


def test_kafka_is_the_version_that_the_tests_run_on() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version(locked_jars())}"


def test_valkey_refuses_writes_rather_than_lose_links() -> None:
    command = SERVICES["valkey"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_what_must_last_is_on_named_volumes() -> None:
    mounts = {name: SERVICES[name]["volumes"] for name in ("kafka", "valkey", "worker")}
    assert {mount.split(":")[0] for each in mounts.values() for mount in each} == set(COMPOSE["volumes"])
    assert mounts["kafka"] == [f"kafka:{SERVICES['kafka']['environment']['KAFKA_LOG_DIRS']}"]


def test_the_image_installs_what_the_lock_file_pins_and_runs_as_nobody_special() -> None:
    assert "pip install --require-hashes -r requirements-run.lock" in DOCKERFILE
    assert "pip install --no-deps --no-build-isolation ." in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")


def test_the_image_holds_every_package_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = [shlex.split(line)[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
    assert set(packages) <= set(copied)
