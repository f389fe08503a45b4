"""The plots of a report, in the page's order, as PNG files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from msgspec import Struct

from scripts.backtest import score_plots, week_plots
from scripts.backtest.drawing import NothingToDraw, Plot
from scripts.backtest.metrics import Metrics
from scripts.backtest.run import BacktestRun

DIRECTORY = "plots"
"""Beside the page."""
DOTS_PER_INCH = 130
NARROW, WIDE = (5.6, 4.2), (11.6, 4.2)
"""Inches."""
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}

PLOTS: dict[str, Plot] = {
    "precision_recall": Plot(
        "Precision and recall",
        "For every threshold: how many of the frauds it catches, and how many of those it flags are fraud. "
        "The diamonds are what the policy did.",
        score_plots.draw_precision_recall,
    ),
    "roc": Plot(
        "Frauds caught and false alarms",
        "For every threshold: how many of the frauds it catches, and how many of the honest it flags. "
        "The diamonds are what the policy did.",
        score_plots.draw_roc,
    ),
    "calibration": Plot(
        "Calibration",
        "Of the rows with about this score, so many were fraud, with 95% intervals; on the dotted line scores are "
        "probabilities. A hollow point stands for no fraud at all.",
        score_plots.draw_calibration,
    ),
    "scores": Plot(
        "Scores of frauds and of honest rows",
        "The less the two overlap, the better.",
        score_plots.draw_scores,
    ),
    "weeks": Plot(
        "By week",
        "What the scores were worth in each week. A week with few frauds says little.",
        week_plots.draw_weeks,
        wide=True,
    ),
    "models": Plot(
        "Models",
        "Average precision of each model on the newest labelled applications, each scored before it was learned from, "
        "as it stood at the end of each week. Lines: another model became the champion.",
        week_plots.draw_models,
        wide=True,
    ),
    "features": Plot(
        "Most useful features",
        "How far a feature moved the score on average, up or down, in log-odds.",
        week_plots.draw_features,
        wide=True,
    ),
    "verdicts": Plot(
        "Verdicts by week",
        "What the policy decided.",
        week_plots.draw_verdicts,
    ),
    "money": Plot(
        "Money by verdict",
        "Approved fraud is lost and rejected fraud saved; a rejected honest customer is insulted.",
        week_plots.draw_money,
    ),
}


class Drawn(Struct, frozen=True, kw_only=True):
    """A plot for the page."""

    title: str
    about: str
    wide: bool
    file: str | None
    """Where it is from the page; None when there was nothing to draw."""
    says: str
    """What it shows, or why there is none."""


def draw_plots(run: BacktestRun, metrics: Metrics, directory: Path) -> dict[str, Drawn]:
    """Draw all that there is something to draw for into `plots/` of the page's directory; by name."""
    (directory / DIRECTORY).mkdir(parents=True, exist_ok=True)
    with rc_context(STYLE):
        return {name: _drawn(name, plot, run, metrics, directory) for name, plot in PLOTS.items()}


def _drawn(name: str, plot: Plot, run: BacktestRun, metrics: Metrics, directory: Path) -> Drawn:
    figure = Figure(figsize=WIDE if plot.wide else NARROW, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, and leaves pyplot's settings alone
    file: str | None = f"{DIRECTORY}/{name}.png"
    try:
        says = plot.draw(run, metrics, figure)
        figure.savefig(directory / DIRECTORY / f"{name}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    except NothingToDraw as why:
        file, says = None, str(why)
    return Drawn(title=plot.title, about=plot.about, wide=plot.wide, file=file, says=says)
