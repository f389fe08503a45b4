"""Processor time of a decision by stage, in this process, over simulated applications and a real Valkey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import process_time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from models.enrichment import Enrichment
from models.events import Application
from models.facts import ApplicationFacts
from models.features.categories import categories
from models.features.extract import extract
from models.identifiers import Tokeniser
from models.network import summarise
from models.pipeline import Decided, Models, decide
from models.policy.policy import load_policy_file
from models.tokenise import tokenise_application
from scripts.bench.arithmetic import warmed_up
from scripts.bench.load import WORKER, throughput
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import LONGEST_DEADLINE_MS, Place, Plan, Record
from scripts.bench.tables import Table
from streams.codec import RecordDecoder
from streams.decision_records import to_remember
from streams.index.protocol import ResultToRemember
from streams.index.valkey import ValkeyIndex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BATCH = 100
"""As many as a worker takes at once when there is enough to do."""


class Stage(Struct, frozen=True, kw_only=True):
    """One stage of the way."""

    name: str
    cpu_us: float
    """Processor time a decision, microseconds."""


class Stages(Struct, frozen=True, kw_only=True):
    """In the order of the way."""

    conditions: Conditions
    applications: int
    stages: list[Stage]
    worker_cpu_us: float
    """Of a whole worker process on the same applications, Kafka and Faust with it, microseconds a decision."""

    @property
    def cpu_us(self) -> float:
        """All stages together."""
        return sum(each.cpu_us for each in self.stages)


class Clock:
    """Processor time of this process, by stage."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is done inside counts as the stage's."""
        began = process_time()
        yield
        self.add(name, process_time() - began)

    def add(self, name: str, spent_s: float) -> None:
        """So much more of a stage."""
        self.spent_s[name] = self.spent_s.get(name, 0.0) + spent_s


class Way:
    """Everything that an application passes through between two visits to Kafka."""

    def __init__(self, place: Place) -> None:
        settings = place.settings(index_deadline_ms=LONGEST_DEADLINE_MS)
        self.index = ValkeyIndex.from_settings(settings)
        self._decoder = RecordDecoder(Application)
        self._tokeniser = Tokeniser(settings.pii_key_bytes)
        self._timezone = ZoneInfo(settings.timezone)
        self._policy = load_policy_file(None)
        self._models = Models.for_policy(self._policy)
        self._parts_first = False

    async def go(self, records: Sequence[Record], clock: Clock) -> None:
        """Decide a batch as a worker does, in one part."""
        now = datetime.now(UTC)
        with clock.stage("decode"):
            applications = [self._decoder(record.value, now).record for record in records]
        with clock.stage("tokenise"):
            facts = [
                tokenise_application(each, tokeniser=self._tokeniser, timezone=self._timezone) for each in applications
            ]
        with clock.stage("enrich"):
            observations = iter(await self.index.observe(facts))
        results: list[ResultToRemember] = []
        for each in facts:
            with clock.stage("enrich"):
                enrichment = Enrichment(observation=next(observations))
            case = self._decide(each, enrichment, now, clock)
            with clock.stage("encode"):
                results.append(to_remember(case))
        with clock.stage("remember"):
            await self.index.remember(results)
            await self.index.settle([each.event_id for each in results])

    def _decide(self, facts: ApplicationFacts, enrichment: Enrichment, now: datetime, clock: Clock) -> Decided:
        """Features and scores are made by `decide` and once more by themselves, now before it and now after it, since
        the second time finds everything in the processor's caches. The stage `decide` is what is left of it."""
        parts = Clock()
        self._parts_first = not self._parts_first
        if self._parts_first:
            self._take_apart(facts, enrichment, parts)
        with parts.stage("decide"):
            case = decide(facts, enrichment, self._policy, self._models, decided_at=now, latency_ms=1.0)
        if not self._parts_first:
            self._take_apart(facts, enrichment, parts)
        parts.spent_s["decide"] -= parts.spent_s["features"] + parts.spent_s["score"]
        with parts.stage("score"):
            self._models.learn(case.features)
        for name in ("features", "score", "decide"):
            clock.add(name, parts.spent_s[name])
        return case

    def _take_apart(self, facts: ApplicationFacts, enrichment: Enrichment, parts: Clock) -> None:
        with parts.stage("features"):
            network = summarise(facts, enrichment.observation) if enrichment.observation is not None else None
            features = extract(facts, enrichment, network)
        with parts.stage("score"):
            self._models.ask(features, categories(facts))
            self._policy.variables.score(features)


async def measure(place: Place, plan: Plan) -> Stages:
    """Over `plan.applications`, the first of which warm up; a whole worker right before, under the same conditions."""
    watch = Watch()
    records = place.applications(plan.applications)
    with place.shown("a whole worker", len(records)) as on_done:
        worker = await throughput(WORKER, place.settings(), records, place.log_file("worker"), on_done)
    way = Way(place)
    await way.index.ping()
    clock, skipped, counted_from = Clock(), warmed_up(len(records)), 0
    with place.shown("stages", len(records)) as on_done:
        for start in range(0, len(records), BATCH):
            if start < skipped:
                clock = Clock()
                counted_from = min(start + BATCH, len(records))
            await way.go(records[start : start + BATCH], clock)
            on_done(start + BATCH)
    await way.index.close()
    return Stages(
        conditions=watch.conditions(),
        applications=len(records),
        stages=[
            Stage(name=name, cpu_us=spent_s / (len(records) - counted_from) * 1e6)
            for name, spent_s in clock.spent_s.items()
        ],
        worker_cpu_us=worker.cpu_us[WORKER],
    )


def table(stages: Stages) -> Table:
    """A row a stage, then what a whole worker takes."""
    whole = stages.worker_cpu_us
    rest = whole - stages.cpu_us
    rows = [[each.name, f"{each.cpu_us:,.0f}", f"{each.cpu_us / whole:.0%}"] for each in stages.stages]
    rows += [
        ["all stages", f"{stages.cpu_us:,.0f}", f"{stages.cpu_us / whole:.0%}"],
        ["the rest of a worker: Kafka, Faust, metrics", f"{rest:,.0f}", f"{rest / whole:.0%}"],
        ["a whole worker", f"{whole:,.0f}", "100%"],
    ]
    return Table(
        title="Processor time of a decision",
        columns=["stage", "CPU, µs/decision", "share"],
        rows=rows,
        note=f"{stages.applications:,} simulated applications in batches of {BATCH}; Valkey's own time is not in it. "
        f"{stages.conditions.sentence()}",
    )


def draw(stages: Stages, axes: Axes) -> None:
    """A bar a stage."""
    shown = list(reversed(stages.stages))
    axes.bar_label(axes.barh([each.name for each in shown], [each.cpu_us for each in shown]), fmt="{:,.0f}")
    axes.set(title="Processor time of a decision by stage", xlabel="microseconds", xmargin=0.1)
    axes.autoscale_view()
