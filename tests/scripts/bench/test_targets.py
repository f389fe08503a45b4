"""Each promise is kept at its threshold, and not beyond."""

import pytest
from msgspec import structs

from scripts.bench.machine import Machine
from scripts.bench.report import Report
from scripts.bench.sections.index import IndexGrowth, IndexSize
from scripts.bench.sections.lists import Side
from scripts.bench.sections.rates import Rates
from scripts.bench.targets import Target, targets, targets_table
from tests.scripts.bench.sample_report import conditions, rate, sample_report, size, workers_level

MACHINE = Machine(cores=2, processor="", memory_gb=1.0, system="", python="")


def only(report: Report, word: str) -> Target:
    """The one target whose name has that word."""
    (found,) = [each for each in targets(report) if word in each.what]
    return found


@pytest.mark.parametrize(("decisions", "met"), [(700.0, True), (699.0, False)])
def test_decisions_are_seven_tenths_of_an_echo(decisions: float, met: bool) -> None:
    rates = Rates(
        conditions=conditions(),
        applications=1,
        faust_echo=rate(1_000.0),
        plain_echo=rate(5_000.0),
        worker=rate(decisions),
        degraded=0,
    )
    assert only(Report(machine=MACHINE, rates=rates), "Faust").met is met


@pytest.mark.parametrize(("p99_ms", "p999_ms", "met"), [(30.0, 100.0, (True, True)), (30.1, 100.1, (False, False))])
def test_latencies_are_bounded_at_half_load_alone(p99_ms: float, p999_ms: float, met: tuple[bool, bool]) -> None:
    latency = sample_report().latency
    assert latency is not None
    levels = [
        structs.replace(
            each, p99_ms=p99_ms if each.share == 0.5 else 1e6, p999_ms=p999_ms if each.share == 0.5 else 1e6
        )
        for each in latency.levels
    ]
    report = Report(machine=MACHINE, latency=structs.replace(latency, levels=levels))
    assert (only(report, "p99 ").met, only(report, "p99.9").met) == met


@pytest.mark.parametrize(("two", "met"), [(1_500.0, True), (1_499.0, False)])
def test_two_workers_decide_half_as_many_again(two: float, met: bool) -> None:
    workers = sample_report().workers
    assert workers is not None
    levels = [workers_level(1, 1_000.0), workers_level(2, two)]
    assert only(Report(machine=MACHINE, workers=structs.replace(workers, levels=levels)), "two").met is met


def growth(*sizes: IndexSize) -> Report:
    return Report(machine=MACHINE, index=IndexGrowth(conditions=conditions(), sizes=list(sizes)))


@pytest.mark.parametrize(("wall_us", "met"), [(1_300.0, True), (1_301.0, False)])
def test_a_decision_on_the_largest_index_costs_hardly_more(wall_us: float, met: bool) -> None:
    assert only(growth(size(10_000, 1_000.0), size(1_000_000, wall_us)), "cost").met is met


@pytest.mark.parametrize(("stored", "met"), [(2_048.0, True), (2_049.0, False)])
def test_an_application_takes_two_kilobytes(stored: float, met: bool) -> None:
    assert only(growth(size(10_000, 1.0, 1e6), size(1_000_000, 1.0, stored)), "bytes").met is met


@pytest.mark.parametrize(
    ("p99_ms", "size", "rate", "met"), [(2.2, 100.0, 20_000.0, True), (2.21, 100.1, 19_999.0, False)]
)
def test_long_lists_cost_hardly_more_than_none_and_little_room(
    p99_ms: float, size: float, rate: float, met: bool
) -> None:
    lists = sample_report().lists
    assert lists is not None
    full = Side(p50_ms=[1.0] * 3, p99_ms=[p99_ms, p99_ms, 9.9])
    lists = structs.replace(lists, full=full, bytes_per_entry=size, loaded_per_s=rate)
    assert [each.met for each in targets(Report(machine=MACHINE, lists=lists))] == [met] * 3


def test_one_size_says_nothing_of_growth() -> None:
    assert [each.what for each in targets(growth(size(10_000, 1_000.0)))] == ["bytes an application at 10,000"]


def test_what_was_not_measured_is_not_judged() -> None:
    assert targets(Report(machine=MACHINE)) == []


def test_a_whole_report_says_of_each_promise_whether_it_is_kept() -> None:
    rows = {row[0]: row[1:] for row in targets_table(sample_report()).rows}
    assert rows["decisions / Faust echo"] == ["at least 0.7", "0.75", "yes"]
    assert rows["p99 at 50% of capacity, ms"] == ["at most 30", "990.0", "no"]
    assert rows["bytes an application at 1,000,000"] == ["at most 2,048", "1,500", "yes"]
    assert len(rows) == 9
