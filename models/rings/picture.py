"""A picture of a ring as SVG: its applications, and what they share. It holds application ids and kinds of identifiers,
no tokens and nothing personal; the same ring gives the same picture.

Applications are circles, coloured by what is known of them; a square is one identifier, with its kind's name, joined to
the applications that have it. Who shares more stands closer together (T. Fruchterman, E. Reingold, "Graph drawing by
force-directed placement", Software: Practice and Experience 21, 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal, get_args

import networkx as nx
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
    graph: nx.Graph[int] = nx.Graph()  # shares are numbered after the members
    graph.add_nodes_from(range(len(shown) + len(shares)))
    lines = [(at, len(shown) + number) for number, share in enumerate(shares) for at in share.members][:LINES_SHOWN]
    graph.add_edges_from(lines)
    places = _places(graph)

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


def _places(graph: nx.Graph[int]) -> list[tuple[int, int]]:
    """Where each node stands, in units of the picture."""
    if not graph:
        return []
    start = nx.circular_layout(graph)
    found = nx.spring_layout(graph, pos=start, iterations=_ROUNDS, seed=1) if len(graph) > 1 else start
    spans = [
        (min(each[axis] for each in found.values()), max(each[axis] for each in found.values())) for axis in (0, 1)
    ]
    room = (_WIDTH - 3 * _MARGIN, _HEIGHT - 2 * _MARGIN - _FOOT)  # the names of kinds stand at the right of theirs
    return [
        (
            _MARGIN + round(_share_of(place[0], *spans[0]) * room[0]),
            _MARGIN + round(_share_of(place[1], *spans[1]) * room[1]),
        )
        for _, place in sorted(found.items())
    ]


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
