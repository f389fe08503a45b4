"""Tables of figures: made once, shown on a terminal and written as Markdown."""

from __future__ import annotations

import rich.table
from msgspec import Struct


class Table(Struct, frozen=True, kw_only=True):
    """Rows of text; the first column says what, the others are figures."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""
    """What one has to know to read it."""


def for_terminal(table: Table) -> rich.table.Table:
    """The table for rich's console. Where it is too narrow, text is broken and nothing cut off."""
    shown = rich.table.Table(
        title=table.title, caption=table.note or None, title_justify="left", caption_justify="left"
    )
    for number, column in enumerate(table.columns):
        shown.add_column(column, justify="left" if number == 0 else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*row)
    return shown


def as_markdown(table: Table) -> str:
    """The table in Markdown, its note below."""
    lines = [
        "| " + " | ".join(table.columns) + " |",
        "|" + "|".join(["---"] + ["--:"] * (len(table.columns) - 1)) + "|",
        *("| " + " | ".join(row) + " |" for row in table.rows),
    ]
    if table.note:
        lines += ["", table.note]
    return "\n".join(lines)
