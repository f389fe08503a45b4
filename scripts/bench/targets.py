"""What the product promises, and whether it keeps it, by the figures of a report."""

from __future__ import annotations

from msgspec import Struct

from scripts.bench.report import Report
from scripts.bench.sections.latency import TARGET_SHARE, LatencyLevel
from scripts.bench.tables import Table

TO_FAUST_ECHO = 0.7
P99_MS, P999_MS = 30.0, 100.0
TWO_WORKERS = 1.5
GROWTH = 1.3
BYTES_AN_APPLICATION = 2_048
P99_BESIDE_LISTS, BYTES_A_LIST_ENTRY, LOADED_PER_S = 1.1, 100, 20_000


class Target(Struct, frozen=True, kw_only=True):
    """One promise."""

    what: str
    wanted: str
    reached: str
    met: bool


def targets(report: Report) -> list[Target]:
    """Each promise whose section has been measured."""
    found: list[Target] = []
    if report.rates is not None:
        ratio = report.rates.to_faust_echo
        found.append(_at_least("decisions / Faust echo", ratio, TO_FAUST_ECHO, ".2f"))
    half = _half_load(report)
    if half is not None:
        found.append(_at_most("p99 at 50% of capacity, ms", half.p99_ms, P99_MS, ".1f"))
        found.append(_at_most("p99.9 at 50% of capacity, ms", half.p999_ms, P999_MS, ".1f"))
    if report.workers is not None:
        found.append(_at_least("decisions of two workers / one", report.workers.two_to_one, TWO_WORKERS, ".2f"))
    if report.index is not None:
        smallest, largest = report.index.sizes[0], report.index.sizes[-1]
        if smallest is not largest:
            what = f"cost of a decision at {largest.applications:,} / {smallest.applications:,} applications"
            found.append(_at_most(what, report.index.growth, GROWTH, ".2f"))
        what = f"bytes an application at {largest.applications:,}"
        found.append(_at_most(what, largest.bytes_per_application, BYTES_AN_APPLICATION, ",.0f"))
    if report.lists is not None:
        lists = report.lists
        what = f"p99 beside {lists.own + lists.external:,} list entries / none"
        found.append(_at_most(what, lists.p99_ratio, P99_BESIDE_LISTS, ".2f"))
        found.append(_at_most("bytes a list entry", lists.bytes_per_entry, BYTES_A_LIST_ENTRY, ".0f"))
        found.append(_at_least("list entries loaded a second", lists.loaded_per_s, LOADED_PER_S, ",.0f"))
    return found


def targets_table(report: Report) -> Table:
    """A row a promise."""
    rows = [[each.what, each.wanted, each.reached, "yes" if each.met else "no"] for each in targets(report)]
    return Table(title="Targets", columns=["", "target", "reached", "met"], rows=rows)


def _half_load(report: Report) -> LatencyLevel | None:
    levels = report.latency.levels if report.latency is not None else []
    return next((each for each in levels if each.share == TARGET_SHARE), None)


def _at_least(what: str, reached: float, wanted: float, form: str) -> Target:
    return Target(what=what, wanted=f"at least {wanted:,g}", reached=f"{reached:{form}}", met=reached >= wanted)


def _at_most(what: str, reached: float, wanted: float, form: str) -> Target:
    return Target(what=what, wanted=f"at most {wanted:,g}", reached=f"{reached:{form}}", met=reached <= wanted)
