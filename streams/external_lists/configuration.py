"""The file of the list services (`TIDEGATE_LIST_SERVICES`): which there are, and how long each may take."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from config.errors import SettingsError
from config.settings import Settings
from models.events import ListedKind

PERSONAL_KINDS: tuple[ListedKind, ...] = ("id_number", "phone", "bank_card", "device_id")
"""What a service is asked about unless its table says otherwise; contacts' phones are asked as phones."""


class ServiceConfiguration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[services]]` table."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,48}$(?!\n)")]
    """Its list is `external:<name>`."""
    url: str
    """Of the look-up: https, or http where the network is the lender's own."""
    deadline_ms: Annotated[float, Meta(ge=1, le=5_000)] = 50.0
    """For a whole look-up: waiting for a connection, asking, asking again."""
    kinds: tuple[ListedKind, ...] = PERSONAL_KINDS
    """The identifier kinds it is asked about."""
    connections: Annotated[int, Meta(ge=1, le=256)] = 8
    """Requests under way at once, each on a connection that is kept."""
    cache_s: Annotated[float, Meta(ge=0, le=86_400)] = 300.0
    """An answer, a clean one too, holds this long. 0: never."""
    ca_file: Path | None = None
    """The CA that signed its certificate; the system's when unset."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(f"url: {parts.scheme or 'it'} is not http(s)://host[:port]/path without a user")
        if not self.kinds:
            raise ValueError("kinds: names no kind to ask about")

    @property
    def list_name(self) -> str:
        """As hits and `missing` have it."""
        return f"external:{self.name}"


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    services: tuple[ServiceConfiguration, ...]


def load_services(settings: Settings) -> tuple[ServiceConfiguration, ...]:
    """The services of the file; none without a file. Raises SettingsError that names the file and the field."""
    path = settings.list_services
    if path is None:
        return ()
    try:
        services = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).services
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"TIDEGATE_LIST_SERVICES: {path} cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"TIDEGATE_LIST_SERVICES: {path}: {error}") from error
    names = [service.name for service in services]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"TIDEGATE_LIST_SERVICES: {path}: more than one service is named {', '.join(twice)}")
    return services


def load_keys(settings: Settings) -> dict[str, str]:
    """Service name -> its key, from `TIDEGATE_LIST_SERVICE_KEYS`. Raises SettingsError, which does not show them."""
    if settings.list_service_keys is None:
        return {}
    try:
        return msgspec.json.decode(settings.list_service_keys.get_secret_value(), type=dict[str, str])
    except msgspec.MsgspecError:
        raise SettingsError('TIDEGATE_LIST_SERVICE_KEYS is no JSON object {"<service>": "<key>"}') from None
