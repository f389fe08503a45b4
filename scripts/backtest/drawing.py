"""What the plots of a report have in common: colours, size, and what to do when there is nothing to draw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from scripts.backtest.metrics import Metrics
from scripts.backtest.run import BacktestRun

FRAUD_COLOUR, HONEST_COLOUR = "#c8452f", "#3a6ea5"
VERDICT_COLOURS = {"approve": "#6aa84f", "review": "#e0b23c", "reject": "#7b4397"}
MODEL_COLOURS = ("#777777", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
"""The scorecard's first; the others from M. Okabe and K. Ito's palette, which colour-blind people can tell apart."""
_REPLACEMENT = "\N{WHITE SQUARE}"


class NothingToDraw(Exception):  # noqa: N818 - not an error
    """Why there is no plot, as a sentence for the page."""


class Plot(NamedTuple):
    """One plot of the page."""

    title: str
    about: str
    """How to read it."""
    draw: Callable[[BacktestRun, Metrics, Figure], str]
    """Draws, and returns what somebody should know who does not see it. Raises NothingToDraw."""
    wide: bool = False
    """Takes the page's whole width."""


def needs_both(metrics: Metrics) -> None:
    """Raises NothingToDraw unless there are frauds and honest rows among the scored ones."""
    if not metrics.examples:
        raise NothingToDraw("None of the scored rows has a label.")
    if not metrics.frauds:
        raise NothingToDraw(f"All of the {metrics.examples:,} labelled rows are honest.")
    if metrics.frauds == metrics.examples:
        raise NothingToDraw(f"All of the {metrics.examples:,} labelled rows are frauds.")


def date_axis(axes: Axes) -> None:
    """Few and short dates along the x axis, which reaches a day further than what is drawn, on both sides."""
    low, high = axes.get_xlim()
    axes.set_xlim(low - 1, high + 1)
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def day_number(moment: date) -> float:
    """A day where matplotlib has it on an axis of dates: days since 1970-01-01."""
    return float(np.datetime64(moment, "D").astype(int))


def short_number(value: float) -> str:
    """Three digits, with k, M or G: 1234567 is 1.23M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def drawable(text: str) -> str:
    """A text from the history without what the plots' font has no sign for."""
    return "".join(sign if ord(sign) in _signs() else _REPLACEMENT for sign in text)


@cache
def _signs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
