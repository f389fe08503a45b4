"""The curves of the page about learning, as PNG files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from scripts.demonstration.learning import Change, Recall, Stretch

SIZE_INCHES = (9.0, 4.2)
DOTS_PER_INCH = 110
SERVED_COLOUR, SCORECARD_COLOUR, CHANGE_COLOUR = "#c8452f", "#777777", "#0072b2"


def draw_recall(
    path: Path, stretches: Sequence[Stretch], changes: Sequence[Change], of: Callable[[Stretch], Recall], title: str
) -> None:
    """Recall of what decided and of the scorecard over the applications, with a line where another model took over."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, and leaves pyplot's settings alone
    axes = figure.add_subplot()
    shown = [each for each in stretches if of(each).frauds]
    middles = [(each.first + each.last) / 2 for each in shown]
    served = np.array([of(each).served for each in shown], dtype=float)
    scorecard = np.array([of(each).scorecard for each in shown], dtype=float)
    axes.plot(middles, scorecard, "s--", color=SCORECARD_COLOUR, label="the scorecard")
    axes.plot(middles, served, "o-", color=SERVED_COLOUR, label="what decided")
    _mark(axes, changes)
    axes.set_xlim(0, stretches[-1].last)
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("applications")
    axes.set_ylabel("recall at 1% false positives")
    axes.set_title(title, loc="left")
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside upper right", ncols=2)
    figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})


def _mark(axes: Axes, changes: Sequence[Change]) -> None:
    for change in changes:
        axes.axvline(change.first, color=CHANGE_COLOUR, linestyle=":")
        axes.annotate(
            f" {change.model} decides",
            (change.first, 0.02),
            xycoords=("data", "axes fraction"),
            color=CHANGE_COLOUR,
            fontsize="small",
        )
