"""Every section measures something that can be, on real servers and next to nothing to do."""

import pytest
from msgspec import structs

from config.errors import OperatorError
from scripts.bench.place import Place, Plan
from scripts.bench.sections import index, latency, lists, rates, rebuild, rings, stages, workers


async def test_rates_are_of_three_processes_in_turn(place: Place, plan: Plan) -> None:
    measured = await rates.measure(place, plan)
    assert all(len(each.per_s) == 1 and each.median_per_s > 0 for each in (measured.faust_echo, measured.worker))
    assert measured.to_plain_echo == pytest.approx(measured.worker.per_s[0] / measured.plain_echo.per_s[0])
    assert place.capacity_per_s == measured.worker.median_per_s


async def test_latencies_are_of_each_load(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SHARES", (0.5,))
    monkeypatch.setattr(latency, "WARM_UP_S", 0.5)
    place.capacity_per_s = 200.0
    measured = await latency.measure(place, Plan(applications=200, runs=1, samples=500, sizes=[]))
    (at_half,) = measured.levels
    assert (at_half.share, at_half.rate_per_s) == (0.5, 100.0)
    assert at_half.samples == 500
    assert 0 < at_half.p50_ms <= at_half.p99_ms <= at_half.p999_ms <= at_half.max_ms


async def test_several_workers_share_the_load(place: Place, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORKERS", (1, 2))
    measured = await workers.measure(place, plan)
    assert [each.workers for each in measured.levels] == [1, 2]
    assert set(measured.levels[1].cpu_us) == {"workers", "Kafka", "Valkey", "bench"}
    assert measured.two_to_one > 0


async def test_indexes_of_each_size_hold_so_many_applications(place: Place, plan: Plan) -> None:
    measured = await index.measure(place, plan)
    assert [each.applications for each in measured.sizes] == [100, 200]
    for each in measured.sizes:
        assert 500 < each.bytes_per_application < 10_000
        assert 0 < each.cost.server_us < each.cost.wall_us
        assert 0 < each.cost.client_us < each.cost.wall_us


async def test_large_rings_cost_more(place: Place, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rings, "RINGS", 3)
    measured = await rings.measure(place, plan)
    assert [each.size for each in measured.sizes] == [1, 4, 32, 256]
    assert measured.sizes[-1].cost.server_us > measured.sizes[0].cost.server_us


async def test_the_stages_are_those_of_a_decision(place: Place, plan: Plan) -> None:
    measured = await stages.measure(place, plan)
    names = ["decode", "tokenise", "enrich", "features", "score", "decide", "encode", "remember"]
    assert [each.name for each in measured.stages] == names
    assert all(each.cpu_us > 0 for each in measured.stages)
    assert 0 < measured.cpu_us < 50_000
    assert measured.worker_cpu_us > 0


async def test_lists_are_measured_full_and_empty(place: Place, plan: Plan) -> None:
    measured = await lists.measure(place, structs.replace(plan, samples=50, list_entries=5_000))
    assert (measured.own, measured.external, measured.probes, measured.loaded) == (5_000, 2_000, 50, 5_000)
    assert 50 < measured.bytes_per_entry < 250
    assert measured.p99_ratio > 0
    assert measured.seeded_per_s > 0


async def test_a_rebuild_reads_every_decision_and_its_audit_record(place: Place, plan: Plan) -> None:
    measured = await rebuild.measure(place, plan)
    records = {each.part: each.records for each in measured.parts}
    assert records["results"] >= plan.applications
    assert records["applications"] >= plan.applications
    assert all(each.per_s > 0 for each in measured.parts)


def test_indexes_for_which_there_is_no_memory_are_refused() -> None:
    with pytest.raises(OperatorError, match="1,000,000,000,000 applications may need"):
        index._require_memory([10**12])
