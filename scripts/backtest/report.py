"""The page that shows a backtest: `report.html`, with its plots beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jinja2
from msgspec import Struct

from config.version import VERSION
from models.features.categories import CATEGORY_NAMES, EXTRA
from models.features.registry import FEATURE_SET_VERSION, REGISTRY
from models.learning.encoder import ANOMALY
from models.learning.tournament import Standing
from scripts.backtest.drawing import short_number
from scripts.backtest.metrics import Integers, Metrics
from scripts.backtest.plots import draw_plots
from scripts.backtest.run import BacktestRun
from scripts.backtest.verdicts import has_amounts, verdict_totals
from scripts.backtest.week_plots import FEATURES_SHOWN

REPORT_FILE = "report.html"
TEMPLATE = Path(__file__).with_name("report.html.j2")
DRIFTS_SHOWN = 50
"""The newest ones."""
NOTHING = "–"

_MEANINGS = {feature.name: feature.meaning for feature in REGISTRY}


class Fact(Struct, frozen=True):
    """Something that was run, or one figure of it."""

    name: str
    value: str
    about: str = ""


def write_report(directory: Path, run: BacktestRun, metrics: Metrics) -> None:
    """Write `report.html` and `plots/*.png` into an existing directory. What the history says is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    page = environment.get_template(TEMPLATE.name).render(
        run=run,
        metrics=metrics,
        plots=draw_plots(run, metrics, directory),
        what_was_run=_what_was_run(run, metrics),
        figures=_figures(metrics),
        totals=verdict_totals(run),
        has_amounts=has_amounts(run),
        standings=_standings(run),
        features=run.useful[:FEATURES_SHOWN],
        meaning=meaning,
        of_loans="product" in tomllib.loads(run.settings.mapping)["event"],
        drifts=run.drifts[-DRIFTS_SHOWN:],
    )
    (directory / REPORT_FILE).write_text(page, encoding="utf-8")


def meaning(name: str) -> str:
    """What the feature or category of this name is, for people."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    if name.startswith(EXTRA):
        return f"the history's column {name.removeprefix(EXTRA)}"
    if name in CATEGORY_NAMES:
        return f"how often this {name.replace('_', ' ')} was fraud so far"
    return "how unusual the application is, by the anomaly model" if name == ANOMALY else ""


def _what_was_run(run: BacktestRun, metrics: Metrics) -> list[Fact]:
    settings, rows, scored = run.settings, run.rows, run.scored
    times = rows.occurred_ms
    return [
        Fact("History", settings.history, f"{settings.history_bytes:,} bytes, of {_moment(settings.history_changed)}"),
        Fact("Rows", f"{len(times):,}", _period(times)),
        Fact("Scored rows", f"{metrics.rows:,}", _period(times[scored])),
        Fact("Of these with a label", f"{metrics.examples:,}", f"{metrics.frauds:,} frauds"),
        Fact("Learned from", f"{run.examples:,} labels", _until(settings.learn_until)),
        Fact("A label was known", _delay(settings.label_delay_s)),
        Fact("Decided", _champions(run), f"of {', '.join(sorted(run.models))}"),
        Fact("Policy", settings.policy),
        Fact("Link index", settings.index),
        Fact("Seed", str(settings.seed)),
        Fact("Tidegate", VERSION, f"features {FEATURE_SET_VERSION}"),
        Fact("Took", f"{run.seconds:,.0f} s", f"{len(times) / max(run.seconds, 1e-9):,.0f} rows a second"),
    ]


def _figures(metrics: Metrics) -> list[Fact]:
    figures = [
        Fact("ROC AUC", _decimal(metrics.roc_auc), "chance that a fraud scores above an honest row"),
        Fact("Average precision", _decimal(metrics.average_precision), f"by chance {_share(metrics)}"),
        Fact("Recall at 1%", _percent(metrics.recall_at_1pct), "of the frauds, at 1% false alarms"),
        Fact("Recall at 5%", _percent(metrics.recall_at_5pct), "of the frauds, at 5% false alarms"),
        Fact("Brier score", _decimal(metrics.brier, 5), "squared error of the probability"),
    ]
    for kind, entity in metrics.by_entity.items():
        for at in entity.card_precision[-1:]:
            about = f"of the {at.k} highest {kind} a day, with a fraud that day"
            figures.append(Fact(f"{kind} precision@{at.k}", _decimal(at.mean), about))
    return figures


def _standings(run: BacktestRun) -> list[Standing]:
    """At the end, the best first."""
    standings = run.weeks[-1].standings if run.weeks else []
    return sorted(standings, key=lambda standing: -(standing.quality.average_precision or 0.0))


def _champions(run: BacktestRun) -> str:
    """Who decided when."""
    first = run.promotions[0][1].previous if run.promotions else run.models[0]
    return ", ".join([first, *(f"from {_moment(at)} {promotion.champion}" for at, promotion in run.promotions)])


def _share(metrics: Metrics) -> str:
    return _percent(metrics.frauds / metrics.examples if metrics.examples else None, 2)


def _period(times: Integers) -> str:
    if not len(times):
        return "none"
    first, last = (datetime.fromtimestamp(int(each) / 1_000, UTC) for each in (times[0], times[-1]))
    return f"{_moment(first)} to {_moment(last)}"


def _until(moment: datetime | None) -> str:
    return "to the end" if moment is None else f"those known before {_moment(moment)}"


def _delay(seconds: float | None) -> str:
    if seconds is None:
        return "when its row says"
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            return f"{seconds / size:g} {unit if seconds != size else unit[:-1]} after the event"
    return f"{seconds:g} seconds after the event"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _decimal(value: float | None, places: int = 4) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"


def _percent(value: float | None, places: int = 1) -> str:
    return NOTHING if value is None else f"{value:.{places}%}"


def _whole(value: int) -> str:
    return f"{value:,}"


def _amount(value: float) -> str:
    return f"{value:,.0f}"


def _short(value: float | None) -> str:
    return NOTHING if value is None else short_number(value)


def _of(part: float, whole: float) -> str:
    return _percent(part / whole) if whole else NOTHING


_FILTERS: dict[str, Callable[..., str]] = {
    "moment": _moment,
    "decimal": _decimal,
    "percent": _percent,
    "whole": _whole,
    "amount": _amount,
    "short": _short,
    "of": _of,
}
