"""How quickly an empty Valkey is filled again from Kafka, part by part, as `tidegate rebuild` does."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from msgspec import Struct
from pydantic import SecretStr

from config.settings import Settings
from models.policy.policy import load_policy_file
from scripts.bench.load import WORKER, throughput_in_topics, topics
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import Place, Plan
from scripts.bench.progress import OnDone
from scripts.bench.tables import Table
from scripts.embedded import EmbeddedValkey
from streams.index.refill import RefillIndex
from streams.kafka import record_counts
from streams.rebuilding import PARTS, PartReport, parts, rebuild_part


class RebuiltPart(Struct, frozen=True, kw_only=True):
    """One topic that was read."""

    part: str
    records: int
    seconds: float

    @property
    def per_s(self) -> float:
        return self.records / self.seconds


class Rebuild(Struct, frozen=True, kw_only=True):
    """One rebuild from what a worker had published."""

    conditions: Conditions
    applications: int
    parts: list[RebuiltPart]
    """Those that had records."""

    @property
    def seconds(self) -> float:
        """All parts together."""
        return sum(each.seconds for each in self.parts)


async def measure(place: Place, plan: Plan) -> Rebuild:
    """A worker decides `plan.applications`; then its Valkey is killed, started empty, and filled again."""
    watch = Watch()
    records = place.applications(plan.applications)
    with EmbeddedValkey(place.directory / "valkey-rebuild") as valkey:
        settings = place.settings(redis_url=SecretStr(valkey.url))
        async with topics(settings):
            with place.shown("decisions to rebuild from", len(records)) as on_done:
                await throughput_in_topics(WORKER, settings, records, place.log_file("worker"), on_done)
            valkey.kill()
            valkey.start()
            reports = await _rebuilt(settings, place)
    rebuilt = [
        RebuiltPart(part=each.part, records=each.records, seconds=each.seconds) for each in reports if each.records
    ]
    return Rebuild(conditions=watch.conditions(), applications=len(records), parts=rebuilt)


async def _rebuilt(settings: Settings, place: Place) -> list[PartReport]:
    index = RefillIndex.from_settings(settings)
    found = parts(settings, index, load_policy_file(None), datetime.now(UTC))
    totals = await record_counts(settings, [settings.topic(topic) for topic in PARTS.values()])
    reports = []
    for name, topic in PARTS.items():
        with place.shown(f"rebuilding {name}", totals[settings.topic(topic)]) as on_done:
            reports.append(await rebuild_part(found[name], settings, partial(_add, [], on_done)))
    await index.close()
    return reports


def _add(done: list[int], on_done: OnDone, more: int) -> None:
    done.append(more)
    on_done(sum(done))


def table(rebuild: Rebuild) -> Table:
    """A row a part."""
    rows = [
        [each.part, PARTS[each.part], f"{each.records:,}", f"{each.seconds:.1f}", f"{each.per_s:,.0f}"]
        for each in rebuild.parts
    ]
    whole = f"{rebuild.applications / rebuild.seconds:,.0f} applications"
    rows.append(["all", "", f"{sum(each.records for each in rebuild.parts):,}", f"{rebuild.seconds:.1f}", whole])
    return Table(
        title="Rebuilding an empty index",
        columns=["part", "from topic", "records", "seconds", "a second"],
        rows=rows,
        note=f"What a worker published of {rebuild.applications:,} applications; connecting is in the seconds. "
        f"{rebuild.conditions.sentence()}",
    )
