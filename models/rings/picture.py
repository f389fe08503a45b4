"""A picture of a ring as SVG: its applications, and what they share. It holds application ids and kinds of identifiers,
no tokens and nothing personal; the same ring gives the same picture.

Applications are circles, coloured by what is known of them; a square is one identifier, with its kind's name, joined to
the applications that have it. Who shares more stands closer together (T. Fruchterman, E. Reingold, "Graph drawing by
force-directed placement", Software: Practice and Experience 21, 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Literal, get_args

import numpy as np
from msgspec import Struct

MEMBERS_SHOWN = 64
"""The first so many applications are drawn; the picture says how many are not."""
SHARED_SHOWN = 48
"""Identifiers drawn, those that most applications have first."""
LINES_SHOWN = 320
"""Lines drawn. With the limits above a picture stays below 32 KB, half of the largest record."""

Mark = Literal["fraud", "listed", "reject", "review", "honest", "approve", ""]
"""What is known of an application; of several the first here."""
MARKS: tuple[Mark, ...] = get_args(Mark)
COLOURS: dict[Mark, str] = {
    "fraud": "#b3001b",
    "listed": "#7b2d8b",
    "reject": "#e4572e",
    "review": "#f2a541",
    "honest": "#2e7d5b",
    "approve": "#6fb1d6",
    "": "#b8bfc6",
}
LEGEND: dict[Mark, str] = {
    "fraud": "confirmed fraud",
    "listed": "on a list",
    "reject": "rejected",
    "review": "in review",
    "honest": "confirmed honest",
    "approve": "approved",
    "": "not decided",
}

_WIDTH, _HEIGHT, _MARGIN, _FOOT = 800, 560, 40, 40
_ROUNDS = 60  # of the layout; more hardly moves anything
_CLOSEST = 0.01  # nodes are this far apart at least, as far as forces go
_ID_SHOWN = 64  # characters, as long as an id may be


class PicturedMember(Struct, frozen=True, array_like=True):
    """One application of the picture."""

    application_id: str
    mark: Mark = ""


class PicturedShare(Struct, frozen=True, array_like=True):
    """One identifier, and the positions of the applications that have it."""

    kind: str
    members: tuple[int, ...]


def ring_picture(title: str, members: Sequence[PicturedMember], shared: Sequence[PicturedShare]) -> str:
    """The picture as SVG text, at most 32 KB. Positions in `shared` that no member has are left out."""
    shown = list(members[:MEMBERS_SHOWN])
    shares = _shown_shares(shared, len(shown))
    # Shares are numbered after the members.
    lines = [(at, len(shown) + number) for number, share in enumerate(shares) for at in share.members][:LINES_SHOWN]
    places = _places(len(shown) + len(shares), lines)

    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' font-family='sans-serif'>",
        f"<rect width='{_WIDTH}' height='{_HEIGHT}' fill='#fff'/>",
        f"<text x='{_MARGIN // 2}' y='22' font-size='15'>{escape(title)}</text>",
        f"<path d='{''.join(_line(places[one], places[other]) for one, other in lines)}' stroke='#9aa3ab'/>",
    ]
    for share, (x, y) in zip(shares, places[len(shown) :], strict=True):
        parts.append(f"<rect x='{x - 5}' y='{y - 5}' width='10' height='10' fill='#37474f'/>")
        parts.append(f"<text x='{x + 8}' y='{y + 4}' font-size='11'>{escape(share.kind.replace('_', ' '))}</text>")
    for member, (x, y) in zip(shown, places, strict=False):
        name = escape(member.application_id[:_ID_SHOWN])
        parts.append(f"<circle cx='{x}' cy='{y}' r='9' fill='{COLOURS[member.mark]}'><title>{name}</title></circle>")
    parts += _legend(shown, len(members) - len(shown))
    return "".join([*parts, "</svg>"])


def mark_of(label: str, listed: bool, decision: str) -> Mark:
    """What the picture shows of an application, from its flags in the link index."""
    known = {label, "listed" if listed else "", decision}
    return next(mark for mark in MARKS if mark in known or not mark)


def _shown_shares(shared: Sequence[PicturedShare], members: int) -> list[PicturedShare]:
    """Of what two or more of the drawn members share, what most have; in an order of its own."""
    inside = [PicturedShare(each.kind, tuple(at for at in each.members if 0 <= at < members)) for each in shared]
    several = [each for each in inside if len(each.members) > 1]
    return sorted(several, key=lambda each: (-len(each.members), each.kind, each.members))[:SHARED_SHOWN]


def _places(nodes: int, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where each node stands, in units of the picture."""
    if not nodes:
        return []
    found = _springs(nodes, lines)
    across, down = found.real.tolist(), found.imag.tolist()
    spans = [(min(each), max(each)) for each in (across, down)]
    room = (_WIDTH - 3 * _MARGIN, _HEIGHT - 2 * _MARGIN - _FOOT)  # the names of kinds stand at the right of theirs
    return [
        (_MARGIN + round(_share_of(x, *spans[0]) * room[0]), _MARGIN + round(_share_of(y, *spans[1]) * room[1]))
        for x, y in zip(across, down, strict=True)
    ]


def _springs(nodes: int, lines: Sequence[tuple[int, int]]) -> np.ndarray[Any, np.dtype[np.complex128]]:
    """Where each node comes to rest, as complex numbers: all push each other away, and lines pull. They begin in a
    circle. The event loop waits for it: networkx takes two to four times as long, and leaves cycles to be collected.
    """
    places: np.ndarray[Any, np.dtype[np.complex128]] = np.exp(2j * np.pi * np.arange(nodes) / nodes)
    lined = np.zeros((nodes, nodes))
    for one, other in lines:
        lined[one, other] = lined[other, one] = 1.0
    wanted = nodes**-0.5
    warmth = 0.1 * max(np.ptp(places.real), np.ptp(places.imag))
    for left in range(_ROUNDS, 0, -1):
        apart = places[:, None] - places
        square = np.maximum(apart.real**2 + apart.imag**2, _CLOSEST**2)
        push = wanted**2 / square - lined * (np.sqrt(square) / wanted)
        moves = (apart * push).sum(axis=1)
        places = places + moves * (warmth * left / _ROUNDS / np.maximum(np.abs(moves), _CLOSEST))
    return places


def _share_of(value: float, least: float, most: float) -> float:
    return (value - least) / (most - least) if most > least else 0.5


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    return f"M{start[0]} {start[1]}L{end[0]} {end[1]}"


def _legend(members: Sequence[PicturedMember], left_out: int) -> list[str]:
    """The colours that occur, and how many applications are not drawn."""
    parts, x, y = [], _MARGIN // 2, _HEIGHT - 14
    for mark in MARKS:
        count = sum(member.mark == mark for member in members)
        if count:
            text = f"{LEGEND[mark]} {count}"
            parts.append(f"<circle cx='{x + 5}' cy='{y - 4}' r='5' fill='{COLOURS[mark]}'/>")
            parts.append(f"<text x='{x + 14}' y='{y}' font-size='11'>{text}</text>")
            x += 26 + 6 * len(text)
    if left_out:
        parts.append(f"<text x='{x + 5}' y='{y}' font-size='11'>and {left_out} more</text>")
    return parts
