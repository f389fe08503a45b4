"""Plots of what the scores were worth, over all scored rows with a label."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from models.learning.quality import Floats, Ranking, ReliabilityBin
from scripts.backtest.drawing import FRAUD_COLOUR, HONEST_COLOUR, VERDICT_COLOURS, NothingToDraw, needs_both
from scripts.backtest.metrics import Metrics
from scripts.backtest.run import UNKNOWN, VERDICTS, BacktestRun

POINTS = 2_000
"""A curve of more is not seen to be any finer."""
SCORE_TICKS = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
SCORE_BINS = 60
LEAST_SCORE = 1e-6
"""Scores are rounded to this; 0 is drawn here, and 1 as far from 1."""
NORMAL_95 = 1.96
FLAGGED = (("rejected", ("reject",)), ("rejected or reviewed", ("reject", "review")))
"""What a policy flags, strictly taken and widely."""


def draw_precision_recall(run: BacktestRun, metrics: Metrics, figure: Figure) -> str:
    """Precision at each recall, and where the policy's verdicts are."""
    needs_both(metrics)
    axes, ranking = figure.add_subplot(), _ranking(run)
    rises = _thinned(np.flatnonzero(np.diff(ranking.frauds, prepend=0.0)))
    recall = ranking.frauds[rises] / ranking.total_frauds
    precision = ranking.frauds[rises] / (ranking.frauds[rises] + ranking.honest[rises])
    axes.step(np.append(0.0, recall), np.append(precision[0], precision), where="pre", color=FRAUD_COLOUR)
    base = metrics.frauds / metrics.examples
    axes.axhline(base, ls=":", color="#777777", label=f"by chance: {base:.2%}")
    for name, (caught, false_alarms) in _flagged(run).items():
        if caught + false_alarms:
            axes.plot(caught / metrics.frauds, caught / (caught + false_alarms), **_marker(name))
    axes.set(xlabel="recall: share of the frauds caught", ylabel="precision: share of the flagged that is fraud")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.legend()
    return f"Precision by recall: average precision {metrics.average_precision:.3f}, by chance {base:.4f}."


def draw_roc(run: BacktestRun, metrics: Metrics, figure: Figure) -> str:
    """Recall at each rate of false alarms, on a scale that shows the low rates, and where the policy's verdicts are."""
    needs_both(metrics)
    axes, ranking = figure.add_subplot(), _ranking(run)
    places = _thinned(np.arange(len(ranking.frauds)), by=ranking.honest + ranking.frauds * _balance(ranking))
    false_alarms = np.append(0.0, ranking.honest[places] / ranking.total_honest)
    recall = np.append(0.0, ranking.frauds[places] / ranking.total_frauds)
    axes.plot(false_alarms, recall, color=HONEST_COLOUR)
    even = np.linspace(0, 1, 200) ** 3
    axes.plot(even, even, ls=":", color="#777777", label="by chance")
    at_rates = np.array([metrics.recall_at_1pct, metrics.recall_at_5pct], dtype=float)
    told = f"{at_rates[0]:.0%} at 1%, {at_rates[1]:.0%} at 5%"
    axes.plot([0.01, 0.05], at_rates, "o", color=HONEST_COLOUR, ms=5, label=told)
    honest = metrics.examples - metrics.frauds
    for name, (caught, wrongly) in _flagged(run).items():
        if caught + wrongly:
            axes.plot(wrongly / honest, caught / metrics.frauds, **_marker(name))
    axes.set_xscale("function", functions=(np.cbrt, lambda root: root**3))
    axes.set_xticks([0, 0.001, 0.01, 0.05, 0.2, 0.5, 1], ["0", "0.1%", "1%", "5%", "20%", "50%", "100%"])
    axes.set(xlabel="false alarms: share of the honest flagged (stretched at the left)", ylabel="recall")
    axes.set(xlim=(0, 1.01), ylim=(-0.01, 1.01))
    axes.legend(loc="lower right")
    return (
        f"Recall by false alarms: area {metrics.roc_auc:.3f}, recall {metrics.recall_at_1pct:.1%} at 1% false alarms "
        f"and {metrics.recall_at_5pct:.1%} at 5%."
    )


def draw_calibration(_: BacktestRun, metrics: Metrics, figure: Figure) -> str:
    """The share of frauds by what was said, with the number of rows below."""
    bins = metrics.reliability
    if not bins:
        raise NothingToDraw("None of the scored rows has a label.")
    least = max(1e-5, min(each.mean_score for each in bins if each.mean_score > 0 or len(bins) == 1) / 2)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot((least, 1), (least, 1), ls=":", color="#777777", label="as said")
    for each in bins:
        low, high = wilson(each)
        said, true = max(each.mean_score, least), max(each.fraud_share, least)
        upper.plot((said, said), (max(low, least), max(high, least)), color=FRAUD_COLOUR, alpha=0.5)
        upper.plot(said, true, "o", color=FRAUD_COLOUR, fillstyle="full" if each.fraud_share else "none")
        edges = max(each.low, least), each.high
        lower.bar(edges[0], each.examples, edges[1] - edges[0], align="edge", color=HONEST_COLOUR, ec="white")
    upper.set(xscale="log", yscale="log", ylabel="share of frauds", ylim=(least * 0.8, 1.3))
    upper.legend(loc="lower right")
    lower.set(xscale="log", yscale="log", xlabel="mean score", ylabel="rows", xlim=(least * 0.8, 1.1))
    return f"What was said against what was true: expected calibration error {metrics.calibration_error:.4f}."


def draw_scores(run: BacktestRun, metrics: Metrics, figure: Figure) -> str:
    """How many frauds and honest rows got which score."""
    if not metrics.examples:
        raise NothingToDraw("None of the scored rows has a label.")
    label, score = run.rows.label[run.scored], _log_odds(run.rows.fraud_score[run.scored])
    shown = score[label != UNKNOWN]
    edges = np.linspace(float(shown.min()) - 0.1, float(shown.max()) + 0.1, SCORE_BINS + 1)
    axes = figure.add_subplot()
    for name, value, colour in (("honest", 0, HONEST_COLOUR), ("fraud", 1, FRAUD_COLOUR)):
        counts, _ = np.histogram(score[label == value], edges)
        axes.stairs(counts, edges, fill=True, alpha=0.35, color=colour)
        axes.stairs(counts, edges, color=colour, label=f"{name}, {counts.sum():,}")
    ticks = [tick for tick in SCORE_TICKS if edges[0] <= float(_log_odds(np.array(tick))) <= edges[-1]]
    axes.set_xticks([float(_log_odds(np.array(tick))) for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="fraud score (evenly spaced in log-odds)", ylabel="rows", yscale="log", ylim=(0.7, None))
    axes.legend()
    median = {value: np.median(run.rows.fraud_score[run.scored][label == value]) for value in (0, 1) if value in label}
    return "How many rows got which score: " + ", ".join(
        f"median of the {'frauds' if value else 'honest'} {score:.4f}" for value, score in median.items()
    )


def wilson(each: ReliabilityBin) -> tuple[float, float]:
    """Where the true share of frauds of a bin lies with 95% confidence (E. B. Wilson, Probable Inference, the Law of
    Succession, and Statistical Inference, 1927)."""
    squared, share, count = NORMAL_95**2, each.fraud_share, each.examples
    middle = share + squared / (2 * count)
    spread = NORMAL_95 * math.sqrt(share * (1 - share) / count + squared / (4 * count**2))
    return (middle - spread) / (1 + squared / count), (middle + spread) / (1 + squared / count)


def _ranking(run: BacktestRun) -> Ranking:
    label = run.rows.label[run.scored]
    there = label != UNKNOWN
    return Ranking(label[there] == 1, run.rows.fraud_score[run.scored][there])


def _flagged(run: BacktestRun) -> dict[str, tuple[int, int]]:
    """How many frauds and how many honest rows the policy flagged."""
    label, decision = run.rows.label[run.scored], run.rows.decision[run.scored]
    found = {}
    for name, verdicts in FLAGGED:
        flagged = np.isin(decision, [VERDICTS.index(verdict) for verdict in verdicts])
        found[name] = int((flagged & (label == 1)).sum()), int((flagged & (label == 0)).sum())
    return found


def _marker(name: str) -> dict[str, Any]:
    colour = VERDICT_COLOURS["reject" if name == "rejected" else "review"]
    return {"marker": "D", "ls": "", "ms": 7, "color": colour, "mec": "black", "label": f"policy: {name}"}


def _thinned(places: NDArray[np.intp], by: Floats | None = None) -> NDArray[np.intp]:
    """At most about POINTS of them, first and last too: evenly spaced by number, or by a rising measure of each."""
    if len(places) <= POINTS:
        return places
    if by is None:
        return places[np.linspace(0, len(places) - 1, POINTS).round().astype(np.intp)]
    chosen = np.unique(np.searchsorted(by, np.linspace(by[0], by[-1], POINTS)))
    return places[chosen]


def _balance(ranking: Ranking) -> float:
    """How many honest rows there are for a fraud."""
    return ranking.total_honest / ranking.total_frauds


def _log_odds(score: Floats) -> Floats:
    inside = np.clip(score, LEAST_SCORE, 1 - LEAST_SCORE)
    odds: Floats = np.log(inside / (1 - inside))
    return odds
