"""`tidegate rings`: the living rings of the link index."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from config.errors import OperatorError
from config.settings import Settings
from models.alerts import words
from models.rings.member import RingMember
from models.rings.picture import MEMBERS_SHOWN, PicturedMember, PicturedShare, mark_of, ring_picture
from models.rings.state import RingState
from streams.index.layout import short_hash
from streams.index.protocol import IndexUnavailableError, LinkIndex
from streams.index.valkey import ValkeyIndex

WIDTH = 160
"""Characters in a line for what is no terminal."""

rings = typer.Typer(add_completion=False, no_args_is_help=True)


class UnknownRingError(OperatorError):
    """There is no such ring."""


class RingsUnavailableError(OperatorError):
    """Valkey does not answer."""


@rings.callback()
def _group() -> None:
    """The living rings of this deployment: applications of several people that belong together."""


@rings.command("show")
def show(
    ring_id: Annotated[str, typer.Argument(help="As alerts (FRAUD_RING) and decisions (links.ring_id) name it.")],
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, writable=True, help="Write a picture of it there, as SVG.")
    ] = None,
) -> None:
    """One ring as it stands: its figures, its members, and a picture of who shares what with whom.

    A ring that has merged into another is found under its old id, too.
    """
    state, members, shares = asyncio.run(_read(Settings(), ring_id, picture is not None))
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=WIDTH)
    console.print(_figures(state))
    console.print(_members(members))
    if state.size > len(members):
        console.print(f"and {state.size - len(members)} older applications that are remembered by their number alone")
    if picture is not None:
        picture.write_text(picture_of(state, members, shares), encoding="utf-8")
        console.print(f"Picture {picture}", markup=False)


async def _read(
    settings: Settings, ring_id: str, with_shares: bool
) -> tuple[RingState, list[RingMember], list[PicturedShare]]:
    index = ValkeyIndex.from_settings(settings)
    try:
        return await read_ring(index, ring_id, with_shares)
    except IndexUnavailableError as error:
        raise RingsUnavailableError(f"Valkey does not answer (TIDEGATE_REDIS_URL): {error}") from error
    finally:
        with suppress(IndexUnavailableError):
            await index.close()


async def read_ring(
    index: LinkIndex, ring_id: str, with_shares: bool = True
) -> tuple[RingState, list[RingMember], list[PicturedShare]]:
    """The ring as its newest member saw it, its newest 512 members, newest first, and what those share that a picture
    shows. Raises UnknownRingError."""
    members = await index.ring_members(ring_id)
    state = await index.ring(ring_id, members[0].occurred_ms) if members else None
    if state is None:
        raise UnknownRingError(f"There is no ring {ring_id}; alerts and decisions name those there are")
    return state, members, await _shares(index, members[:MEMBERS_SHOWN]) if with_shares else []


async def _shares(index: LinkIndex, members: Sequence[RingMember]) -> list[PicturedShare]:
    names = [short_hash(member.application_id) for member in members]
    place = {name: at for at, name in enumerate(names)}
    holding: dict[tuple[str, str], set[int]] = {}
    for at, seen in enumerate(await index.look(names)):
        for shared in seen.shared if seen is not None else ():
            together = {at, *(place[other.name] for other in shared.others if other.name in place)}
            if len(together) > 1:
                holding.setdefault((shared.kind, shared.token), set()).update(together)
    return [PicturedShare(kind, tuple(sorted(together))) for (kind, _), together in sorted(holding.items())]


def picture_of(state: RingState, members: Sequence[RingMember], shares: Sequence[PicturedShare]) -> str:
    """The ring as SVG."""
    pictured = [
        PicturedMember(each.application_id, mark_of(each.label, each.listed, each.decision)) for each in members
    ]
    return ring_picture(f"{state.ring_id}: {state.size} applications", pictured, shares)


def _figures(state: RingState) -> Table:
    table = Table("", state.ring_id, box=None, padding=(0, 2, 0, 0))
    shared = sorted(state.shared.items(), key=lambda item: (-item[1], item[0]))
    rows = {
        "applications": f"{state.size}, {state.size_24h} of them in its newest 24 hours, {state.size_7d} in 7 days",
        "applicants": str(state.applicants),
        "merchants": f"{state.merchants}, sales reps {state.sales_reps}",
        "seen": f"{_time(state.first_ms)} to {_time(state.last_ms)}",
        "amount": f"{state.amount_cny:,.0f} CNY, approved {state.approved_cny:,.0f} CNY in {state.approved}",
        "rejected": str(state.refused),
        "confirmed": f"{state.frauds} fraud, {state.honest} honest",
        "listed": str(state.listed),
        "shared": ", ".join(f"{count} {words(kind)}" for kind, count in shared) or "-",
        "was also": ", ".join(state.merged) or "-",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _members(members: Sequence[RingMember]) -> Table:
    table = Table(
        "application", "applied", "applicant", "CNY", "decision", "label", "listed", box=None, padding=(0, 2, 0, 0)
    )
    for each in members:
        amount = "" if each.amount_cny is None else f"{each.amount_cny:,.0f}"
        listed = "listed" if each.listed else ""
        row = (each.application_id, _time(each.occurred_ms), each.applicant, amount, each.decision, each.label, listed)
        table.add_row(*row)
    return table


def _time(epoch_ms: int) -> str:
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
