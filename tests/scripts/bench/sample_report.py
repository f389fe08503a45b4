"""A report with every section, in figures that are easy to check."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from models.learning.quality import quality
from scripts.bench.cost import Cost
from scripts.bench.load import Latencies
from scripts.bench.machine import Conditions, Machine
from scripts.bench.report import Report
from scripts.bench.sections.index import IndexGrowth, IndexSize
from scripts.bench.sections.latency import SHARES, Latency, level
from scripts.bench.sections.lists import Lists, Side
from scripts.bench.sections.models import Candidate, Comparison
from scripts.bench.sections.rates import Rate, Rates
from scripts.bench.sections.rebuild import Rebuild, RebuiltPart
from scripts.bench.sections.rings import RingCost, Rings
from scripts.bench.sections.stages import Stage, Stages
from scripts.bench.sections.workers import Workers, WorkersLevel


def conditions(others_cores: float = 0.0) -> Conditions:
    """Of a section that took a minute."""
    when = datetime(2026, 11, 24, 12, tzinfo=UTC)
    return Conditions(measured_at=when, version="0.1.0", took_s=60.0, others_cores=others_cores)


def rate(*per_s: float) -> Rate:
    return Rate(per_s=list(per_s), cpu_us=[500.0] * len(per_s))


def cost(wall_us: float) -> Cost:
    return Cost(server_us=200.0, client_us=500.0, wall_us=wall_us)


def size(applications: int, wall_us: float, bytes_per_application: float = 1_500.0) -> IndexSize:
    return IndexSize(
        applications=applications,
        bytes_per_application=bytes_per_application,
        seeded_per_s=2_000.0,
        cost=cost(wall_us),
    )


def workers_level(workers: int, *per_s: float) -> WorkersLevel:
    return WorkersLevel(workers=workers, per_s=list(per_s), cpu_us={"workers": 600.0, "Kafka": 150.0, "bench": 50.0})


def candidate(name: str, fraud_score: float, learn_us: float | None) -> Candidate:
    """A model that gives the fraud this score, and the honest row 0.5."""
    return Candidate(
        name=name,
        quality=quality(np.array([True, False]), np.array([fraud_score, 0.5])),
        predict_us=100.0,
        learn_us=learn_us,
        scorer_bytes=None if learn_us is None else 2_048,
        learner_bytes=None if learn_us is None else 10_240,
    )


def sample_report() -> Report:
    """Every section."""
    latencies = Latencies(ms=[float(number) for number in range(1, 1_001)], cpu_us=900.0, degraded=1)
    return Report(
        machine=Machine(cores=2, processor="Some Processor", memory_gb=24.0, system="Linux x86_64", python="3.11.7"),
        rates=Rates(
            conditions=conditions(),
            applications=6_000,
            faust_echo=rate(1_000.0, 1_100.0, 900.0),
            plain_echo=rate(5_000.0, 5_500.0, 4_500.0),
            worker=rate(750.0, 770.0, 720.0),
            degraded=0,
        ),
        latency=Latency(
            conditions=conditions(),
            capacity_per_s=750.0,
            levels=[level(share, share * 750.0, latencies) for share in SHARES],
        ),
        workers=Workers(
            conditions=conditions(),
            applications=6_000,
            cores=2,
            levels=[workers_level(1, 1_000.0), workers_level(2, 1_600.0), workers_level(4, 1_500.0)],
        ),
        index=IndexGrowth(conditions=conditions(), sizes=[size(10_000, 900.0), size(1_000_000, 1_080.0)]),
        rings=Rings(
            conditions=conditions(), sizes=[RingCost(size=1, cost=cost(900.0)), RingCost(size=4, cost=cost(990.0))]
        ),
        stages=Stages(
            conditions=conditions(),
            applications=6_000,
            stages=[Stage(name="decode", cpu_us=20.0), Stage(name="decide", cpu_us=180.0)],
            worker_cpu_us=800.0,
        ),
        rebuild=Rebuild(
            conditions=conditions(),
            applications=6_000,
            parts=[RebuiltPart(part="applications", records=6_000, seconds=2.0)],
        ),
        lists=Lists(
            conditions=conditions(),
            own=5_000_000,
            external=2_000_000,
            probes=10_000,
            empty=Side(p50_ms=[1.0, 1.0, 1.0], p99_ms=[2.0, 2.0, 4.0]),
            full=Side(p50_ms=[1.0, 1.0, 1.0], p99_ms=[2.1, 2.2, 9.0]),
            bytes_per_entry=59.6,
            seeded_per_s=60_000.0,
            loaded=400_000,
            loaded_per_s=25_000.0,
            taken_up_per_s=9_000.0,
        ),
        models=Comparison(
            conditions=conditions(),
            history="past.csv",
            rows=1_000,
            scored=100,
            candidates=[candidate("scorecard", 0.2, None), candidate("blend", 0.8, 12.5)],
        ),
    )
