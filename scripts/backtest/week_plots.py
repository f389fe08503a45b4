"""Plots over event time, and of the policy's money and the features."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.learning.tournament import SCORECARD
from scripts.backtest.drawing import (
    FRAUD_COLOUR,
    HONEST_COLOUR,
    MODEL_COLOURS,
    VERDICT_COLOURS,
    NothingToDraw,
    date_axis,
    day_number,
    drawable,
    short_number,
)
from scripts.backtest.metrics import Metrics
from scripts.backtest.run import VERDICTS, BacktestRun
from scripts.backtest.verdicts import has_amounts, verdict_totals, weekly_verdicts

WEEK_DAYS = 7
BAR_DAYS = 6.2
FEATURES_SHOWN = 20


def draw_weeks(_: BacktestRun, metrics: Metrics, figure: Figure) -> str:
    """ROC AUC and average precision by week, with the share of frauds below."""
    weeks = [each for each in metrics.by_week if each.roc_auc is not None]
    if not weeks:
        raise NothingToDraw("There is no week with both a fraud and an honest row.")
    days = [day_number(date.fromisoformat(each.week)) + WEEK_DAYS / 2 for each in weeks]
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    series = (
        ("ROC AUC", [each.roc_auc for each in weeks], HONEST_COLOUR),
        ("average precision", [each.average_precision for each in weeks], FRAUD_COLOUR),
        ("recall at 1% false alarms", [each.recall_at_1pct for each in weeks], MODEL_COLOURS[3]),
    )
    for name, values, colour in series:
        upper.plot(days, values, marker="o", ms=4, color=colour, label=name)
    upper.set(ylim=(-0.01, 1.01))
    upper.legend(loc="lower left", ncols=3, fontsize="small", bbox_to_anchor=(0, 1))
    lower.bar(days, [100 * each.frauds / each.examples for each in weeks], BAR_DAYS, color=FRAUD_COLOUR)
    lower.set(ylabel="frauds, %")
    date_axis(lower)
    first, last = weeks[0], weeks[-1]
    return (
        f"By week: average precision {first.average_precision:.3f} in the week of {first.week}, "
        f"{last.average_precision:.3f} in that of {last.week}."
    )


def draw_models(run: BacktestRun, _: Metrics, figure: Figure) -> str:
    """How the models stood by week, and when something happened."""
    average: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for week in run.weeks:
        for standing in week.standings:
            if standing.quality.average_precision is not None:
                average[standing.name].append((week.until, standing.quality.average_precision))
    if not average:
        raise NothingToDraw("No labels of both kinds became known, so that there is nothing to compare models by.")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    names = sorted(average, key=lambda name: name != SCORECARD)
    for name, colour in zip(names, MODEL_COLOURS * len(names), strict=False):
        moments, values = zip(*average[name], strict=True)
        upper.plot(moments, values, marker="o", ms=4, color=colour, label=name)
    for at, promotion in run.promotions:
        upper.axvline(at, color="black", lw=1)
        upper.annotate(
            promotion.champion, (at, 1), (3, -9), xycoords=("data", "axes fraction"), textcoords="offset points"
        )
    upper.set(ylabel="average precision", ylim=(-0.01, 1.01))
    upper.legend(loc="lower left", ncols=6, fontsize="small", bbox_to_anchor=(0, 1))
    happened = {
        "feature shifts": ([at for at, drift in run.drifts if drift.kind == "feature"], "|", HONEST_COLOUR),
        "more errors": ([at for at, drift in run.drifts if drift.kind == "error"], "x", FRAUD_COLOUR),
        "promotions": ([at for at, _ in run.promotions], "D", "black"),
    }
    for height, (times, marker, colour) in enumerate(happened.values()):
        lower.plot(times, [height] * len(times), ls="", marker=marker, color=colour)
    lower.set_yticks(range(len(happened)), list(happened))
    lower.set(ylim=(-0.6, len(happened) - 0.4))
    date_axis(lower)
    return f"Average precision of each model by week; {len(run.promotions)} promotions, {len(run.drifts)} shifts."


def draw_verdicts(run: BacktestRun, _: Metrics, figure: Figure) -> str:
    """The share of each verdict by week."""
    mondays, counts = weekly_verdicts(run)
    if not len(mondays):
        raise NothingToDraw("No row was scored.")
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    axes, below = figure.add_subplot(), np.zeros(len(mondays))
    for verdict, share in zip(VERDICTS, shares.T, strict=True):
        axes.bar(mondays + WEEK_DAYS / 2, share, BAR_DAYS, below, color=VERDICT_COLOURS[verdict], label=verdict)
        below += share
    axes.set(ylabel="share of the rows, %", ylim=(0, 100))
    axes.legend(loc="lower left", ncols=3, bbox_to_anchor=(0, 1))
    date_axis(axes)
    total = counts.sum(axis=0) / counts.sum()
    return "By week. Over all: " + ", ".join(
        f"{share:.1%} {verdict}" for verdict, share in zip(VERDICTS, total, strict=True)
    )


def draw_money(run: BacktestRun, _: Metrics, figure: Figure) -> str:
    """The amounts of frauds and of honest rows by verdict."""
    if not has_amounts(run):
        raise NothingToDraw("The scored rows have no amounts.")
    totals = verdict_totals(run)[: len(VERDICTS)]
    left, right = figure.subplots(1, 2, sharey=True)
    _bars(left, [each.fraud.amount_cny for each in totals], "frauds")
    _bars(right, [each.honest.amount_cny for each in totals], "honest")
    left.invert_yaxis()
    return "Amounts by verdict, of frauds and of honest rows. " + ", ".join(
        f"{each.verdict}: {short_number(each.fraud.amount_cny)} and {short_number(each.honest.amount_cny)}"
        for each in totals
    )


def _bars(axes: Axes, amounts: list[float], title: str) -> None:
    bars = axes.barh(VERDICTS, amounts, color=[VERDICT_COLOURS[verdict] for verdict in VERDICTS])
    axes.bar_label(bars, [short_number(amount) for amount in amounts], padding=3)
    axes.set(title=title, xlabel="amount", xmargin=0.25)
    axes.xaxis.set_major_formatter(lambda value, _: short_number(value))
    axes.locator_params(axis="x", nbins=4)
    axes.grid(visible=False, axis="y")
    axes.autoscale_view()


def draw_features(run: BacktestRun, _: Metrics, figure: Figure) -> str:
    """How far the most useful features moved scores."""
    shown = run.useful[:FEATURES_SHOWN]
    if not shown:
        raise NothingToDraw("No feature moved a score.")
    figure.set_figheight(1.0 + 0.28 * len(shown))
    axes = figure.add_subplot()
    places = range(len(shown))
    axes.barh(places, [each.mean_absolute_contribution for each in shown], color=HONEST_COLOUR)
    labels = [f"{number}. {drawable(each.name)}" for number, each in enumerate(shown, start=1)]
    axes.set_yticks(places, labels, parse_math=False)
    axes.invert_yaxis()
    axes.set(xlabel="mean absolute contribution, log-odds", ymargin=0.01)
    axes.grid(visible=False, axis="y")
    return f"The {len(shown)} most useful features; the first is {shown[0].name}."
