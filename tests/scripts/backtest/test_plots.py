"""What plots are drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from models.learning.quality import ReliabilityBin
from scripts.backtest import score_plots
from scripts.backtest.drawing import drawable, short_number
from scripts.backtest.metrics import measure
from tests.scripts.backtest.finished_run import Line, finished_run


def lines_of(figure: Figure) -> list[Line2D]:
    return figure.axes[0].get_lines()


def many(rows: int) -> list[Line]:
    """Rows of which one in five is a fraud, with scores that say little."""
    random = np.random.default_rng(1)
    return [(0.0, "approve", int(n % 5 == 0), float(score), 1.0) for n, score in enumerate(random.random(rows))]


def test_the_area_below_the_precision_curve_is_the_average_precision() -> None:
    run = finished_run(many(300))
    metrics, figure = measure(run.rows, run.scored), Figure()
    score_plots.draw_precision_recall(run, metrics, figure)
    recall, precision = (np.asarray(values) for values in lines_of(figure)[0].get_data())
    assert float((np.diff(recall) * precision[1:]).sum()) == pytest.approx(metrics.average_precision)


def test_the_area_below_the_roc_curve_is_the_roc_auc() -> None:
    run = finished_run(many(300))
    metrics, figure = measure(run.rows, run.scored), Figure()
    score_plots.draw_roc(run, metrics, figure)
    false_alarms, recall = (np.asarray(values) for values in lines_of(figure)[0].get_data())
    area = (np.diff(false_alarms) * (recall[1:] + recall[:-1]) / 2).sum()
    assert float(area) == pytest.approx(metrics.roc_auc)


def test_curves_of_many_rows_have_few_points_and_their_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_plots, "POINTS", 50)
    run = finished_run(many(3_000))
    metrics, figure = measure(run.rows, run.scored), Figure()
    score_plots.draw_roc(run, metrics, figure)
    false_alarms, recall = (np.asarray(values) for values in lines_of(figure)[0].get_data())
    assert len(recall) <= 51
    assert (false_alarms[0], recall[0], false_alarms[-1], recall[-1]) == (0, 0, 1, 1)
    area = (np.diff(false_alarms) * (recall[1:] + recall[:-1]) / 2).sum()
    assert float(area) == pytest.approx(metrics.roc_auc, abs=0.02)


def test_the_diamonds_are_what_the_policy_flagged() -> None:
    run = finished_run()
    figure = Figure()
    score_plots.draw_roc(run, measure(run.rows, run.scored), figure)
    flagged = {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in lines_of(figure)}
    rejected, reviewed = flagged["policy: rejected"], flagged["policy: rejected or reviewed"]
    assert [float(np.asarray(each)[0]) for each in rejected] == pytest.approx([1 / 4, 1 / 3])
    assert [float(np.asarray(each)[0]) for each in reviewed] == pytest.approx([2 / 4, 2 / 3])


@pytest.mark.parametrize(
    ("frauds", "rows", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 1, 0.2065, 1.0)],
)
def test_intervals_are_wilsons(frauds: int, rows: int, low: float, high: float) -> None:
    each = ReliabilityBin(low=0.0, high=1.0, examples=rows, mean_score=0.5, fraud_share=frauds / rows)
    assert score_plots.wilson(each) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1_000, "1k"), (1_234_567, "1.23M"), (-2.5e9, "-2.5G"), (0.01234, "0.0123")],
)
def test_short_numbers_have_three_digits_and_a_unit(value: float, text: str) -> None:
    assert short_number(value) == text


def test_signs_that_the_font_does_not_have_are_squares() -> None:
    assert drawable("extra.Größe") == "extra.Größe"
    assert drawable("extra.金额") == "extra.□□"
