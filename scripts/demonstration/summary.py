"""The summary at the end of the demo, the same on a terminal and in a file."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table

from scripts.demonstration.detection import Flagged, Target, Typology, by_typology, targets
from scripts.demonstration.tally import Tally
from scripts.simulator.typology import ORDINARY

NO_TYPOLOGY = "nothing special"
"""How the summary calls the typology of people with whom nothing is the matter."""


def print_summary(console: Console, tally: Tally, seconds: float) -> None:
    """Counts, detection by typology, detection against its targets."""
    rows = by_typology(tally.truths.values(), tally.verdicts, tally.linked)
    console.print()
    for line in _counts(tally, seconds):
        console.print(line, markup=False)
    console.print(_typologies(rows))
    console.print("flagged: review or reject; 3rd on: applications after the second of their ring;")
    console.print("of honest: flagged for nothing but what they share with others")
    console.print(_targets(targets(rows)))


def _counts(tally: Tally, seconds: float) -> list[str]:
    latency = tally.latency()
    verdicts = Counter(tally.verdicts.values())
    lines = [
        f"{tally.published} applications in {seconds:.0f} s, {len(tally.verdicts)} decided: "
        + ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("approve", "review", "reject")),
    ]
    if latency is not None:
        lines.append(
            f"Latency p50 {latency.p50_ms:.0f} ms, p99 {latency.p99_ms:.0f} ms: "
            "from Kafka's timestamp of an application to that of its decision"
        )
    lines.append(f"{tally.alerts.total()} alerts{_kinds(tally.alerts)}")
    lines.append(
        f"{tally.dead_letters.total()} dead letters{_kinds(tally.dead_letters)}, {tally.duplicates} decisions twice, "
        f"{tally.degraded} degraded, {tally.superseded} decided again"
    )
    return lines


def _kinds(counter: Counter[str]) -> str:
    return f" ({', '.join(f'{count} {kind}' for kind, count in counter.most_common())})" if counter else ""


def _typologies(rows: list[Typology]) -> Table:
    table = _table("Applicants", "decided", "flagged", "", "3rd on", "flagged", "")
    for title, fraud in (("Fraud", True), ("Honest", False)):
        table.add_row(title, style="bold")
        for row in rows:
            if row.fraud == fraud:
                late = _cells(row.late) if fraud else _cells(row.linked)
                table.add_row(f"  {NO_TYPOLOGY if row.name == ORDINARY else row.name}", *_cells(row.every), *late)
    return table


def _targets(checks: list[Target]) -> Table:
    table = _table("Targets", "decided", "flagged", "", "target", "")
    said = {True: "met", False: "MISSED", None: "-"}
    for each in checks:
        wanted = f"{'at least' if each.at_least else 'at most'} {each.threshold:.0%}"
        table.add_row(
            each.name, *_cells(each.measured), wanted, said[each.met], style="red" if each.met is False else ""
        )
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title, box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(measured: Flagged) -> tuple[str, str, str]:
    share = "-" if measured.share is None else f"{measured.share:.1%}"
    return str(measured.applications), str(measured.flagged), share
