"""What the demo shows while it runs: a live screen on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from models.alerts import AlertSeverity
from models.decision import Decision, Verdict
from models.reasons import explain
from scripts.demonstration.tally import View
from scripts.demonstration.worker import Readiness

Show = Callable[[View, Readiness | None], None]
"""Called a few times a second with how things stand, and with what the worker last said of itself."""

SECONDS_BETWEEN_LINES = 2.0
ALERTS_A_LINE = 2
"""Plain lines show so many of the alerts that came since the last."""

SEVERITY_STYLES: dict[AlertSeverity, str] = {"low": "dim", "medium": "yellow", "high": "red", "critical": "bold red"}
VERDICT_STYLES: dict[Verdict, str] = {"approve": "green", "review": "yellow", "reject": "red"}
LATENCY_IS = "latency from Kafka's timestamp of the application to that of its decision"


@contextmanager
def screen(console: Console) -> Iterator[Show]:
    """Yields what shows a view, as the console allows."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop") as live:
            yield lambda view, readiness: live.update(_page(view, readiness), refresh=True)
    else:
        yield PlainLines(console).show


class PlainLines:
    """A line every two seconds with the figures, below it the newest alerts and one decision with its reasons."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_s = SECONDS_BETWEEN_LINES
        self._alerts = 0
        self._decision_id = ""

    def show(self, view: View, readiness: Readiness | None) -> None:
        """Print when it is time."""
        if view.seconds < self._next_s:
            return
        self._next_s = view.seconds + SECONDS_BETWEEN_LINES
        self._print(f"{view.seconds:5.0f} s  {figures(view)}; {waiting(view, readiness)}")
        for alert in reversed(view.newest_alerts[: min(ALERTS_A_LINE, view.alerts - self._alerts)]):
            self._print(f"         alert {alert.kind}, {alert.severity}: {alert.summary}")
        self._alerts = view.alerts
        flagged = view.newest_flagged[0] if view.newest_flagged else None
        if flagged is not None and flagged.decision_id != self._decision_id:
            self._decision_id = flagged.decision_id
            self._print(f"         {flagged.decision} {flagged.application_id}: {because(flagged)}")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False)


def figures(view: View) -> str:
    """Pace, shares and latency in one line."""
    shares = ", ".join(f"{verdict} {_share(view, verdict)}" for verdict in view.verdicts)
    latency = view.latency
    quantiles = f"p50 {latency.p50_ms:.0f} ms, p99 {latency.p99_ms:.0f} ms" if latency else "no latency yet"
    return f"{view.decided} decided, {view.decisions_per_s:.0f}/s; {shares}; {quantiles}"


def waiting(view: View, readiness: Readiness | None) -> str:
    """What is not done, or wrong, in one line."""
    lag = "unknown" if readiness is None else str(sum(readiness.lag_records.values()))
    parts = [f"{view.waiting} waiting", f"lag {lag}", f"{view.dead_letters} dead letters", f"{view.alerts} alerts"]
    if view.degraded:
        parts.append(f"{view.degraded} degraded")
    if readiness is not None and readiness.index == "down":
        parts.append("LINK INDEX DOWN")
    return ", ".join(parts)


def because(decision: Decision) -> str:
    """The reasons that made the decision what it is, in words; the gravest first."""
    reasons = [reason for reason in decision.reasons if reason.effect != "note"]
    return " ".join(explain(each) for each in sorted(reasons, key=lambda each: each.effect == "review"))


def _share(view: View, verdict: Verdict) -> str:
    return f"{view.verdicts[verdict] / view.decided:.1%}" if view.decided else "-"


def _page(view: View, readiness: Readiness | None) -> RenderableType:
    latency = view.latency
    pace = (f"{view.decided} decided", f"{view.decisions_per_s:.0f} decisions/s")
    quantiles = f"p50 {latency.p50_ms:.0f} ms   p99 {latency.p99_ms:.0f} ms" if latency else "p50 -   p99 -"
    numbers = Table.grid(padding=(0, 3))
    numbers.add_row(Text("Tidegate", "bold"), f"{view.seconds:.0f} s", *pace)
    shares = (Text(f"{verdict} {_share(view, verdict)}", VERDICT_STYLES[verdict]) for verdict in view.verdicts)
    numbers.add_row("", *shares)
    alerts = _list("Newest alerts")
    for alert in view.newest_alerts:
        alerts.add_row(Text(alert.severity, SEVERITY_STYLES[alert.severity]), alert.kind, Text(alert.summary))
    decisions = _list("Newest reviews and rejections")
    for each in view.newest_flagged:
        verdict = Text(each.decision, VERDICT_STYLES[each.decision])
        decisions.add_row(verdict, f"{each.application_id}  {each.fraud_score:.2f}", Text(because(each)))
    return Group(
        numbers,
        Text.assemble(quantiles, (f"   {LATENCY_IS}", "dim")),
        Text(waiting(view, readiness)),
        "",
        alerts,
        "",
        decisions,
        "",
        Text("Ctrl-C stops it all", style="dim"),
    )


def _list(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, expand=True)
    table.add_column(width=8)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    return table
