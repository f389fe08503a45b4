"""What the lists say of identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from rich.table import Table

from config.errors import OperatorError
from config.settings import Settings
from models.events import ListedKind
from streams.index.protocol import IndexUnavailableError, ListedEntry
from streams.index.valkey import ValkeyIndex


class ListsUnavailableError(OperatorError):
    """Valkey does not answer."""


async def check_tokens(
    settings: Settings, kind: ListedKind, tokens: Sequence[str]
) -> list[tuple[str, list[ListedEntry]]]:
    """Each token with its entries, expired ones too. Raises ListsUnavailableError."""
    index = ValkeyIndex.from_settings(settings)
    try:
        return [(token, await index.listed(kind, token)) for token in tokens]
    except IndexUnavailableError as error:
        raise ListsUnavailableError(f"Valkey does not answer (TIDEGATE_REDIS_URL): {error}") from error
    finally:
        await index.close()


def entries_table(token: str, entries: Sequence[ListedEntry], now: datetime, timezone: tzinfo) -> Table:
    """A row an entry, own lists first; `now` says which have expired, times are shown in `timezone`."""
    names = ("list", "severity", "reason", "source", "evidence", "added", "expires", "hits", "last hit")
    table = Table(*names, title=f"{entries[0].kind} {token}", title_justify="left")

    def at(moment_ms: int | None) -> str:
        if moment_ms is None:
            return "never"
        return f"{datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(timezone):%Y-%m-%d %H:%M:%S}"

    for each in sorted(entries, key=lambda entry: (entry.list != "own", entry.list)):
        expired = each.expires_ms is not None and each.expires_ms <= now.timestamp() * 1000
        words = (each.reason or "", each.source or "", each.evidence or "")
        expires = at(each.expires_ms) + (" (expired)" if expired else "")
        last_hit = at(each.last_hit_ms)
        table.add_row(each.list, each.severity, *words, at(each.added_ms), expires, f"{each.hits:,}", last_hit)
    return table
