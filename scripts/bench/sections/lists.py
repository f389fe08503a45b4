"""What lists of millions of entries cost: a decision beside an empty list, memory, and the way into the index."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import psutil
from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError
from msgspec import Struct
from pydantic import SecretStr

from config.errors import OperatorError
from config.settings import Settings
from models.facts import ApplicationFacts
from scripts.bench.arithmetic import median_ratio, quantile
from scripts.bench.cost import Decider
from scripts.bench.list_seeding import PROCESSES, entries, sow_entries
from scripts.bench.load import IDLE_S, WORKER, BenchFailedError, topics
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import LONGEST_DEADLINE_MS, Place, Plan
from scripts.bench.population import simulated_facts
from scripts.bench.processes import running
from scripts.bench.progress import OnDone
from scripts.bench.tables import Table
from scripts.blacklist.loading import Loaded, load_table
from scripts.blacklist.records import plan_for
from scripts.blacklist.resuming import Progress
from scripts.blacklist.tables import Table as FileTable
from scripts.embedded import EmbeddedValkey
from streams.kafka import admin_client

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXTERNAL_SHARE = 0.4
"""External entries for each own one: two million beside five."""
ROUNDS = 5
"""The probes are taken in so many parts, each with a p99 of its own on either list: their ratio is compared, part by
part, so that what slowed the whole machine takes no part in it."""
LOADED_MAX = 400_000
"""Entries that the command loads, and a worker takes up."""
RESERVED_BYTES, SPARE_MB = 150, 512
POLL_S = 0.25


class Side(Struct, frozen=True, kw_only=True):
    """Decisions one by one, in milliseconds from the application to its settled result, by part of the probes."""

    p50_ms: list[float]
    p99_ms: list[float]


class Lists(Struct, frozen=True, kw_only=True):
    """Lists full and empty, in turn."""

    conditions: Conditions
    own: int
    external: int
    probes: int
    empty: Side
    full: Side
    bytes_per_entry: float
    """Of Valkey's `used_memory`."""
    seeded_per_s: float
    """Straight into the index."""
    loaded: int
    loaded_per_s: float
    """By `tidegate blacklist load`, from a CSV with raw values to Kafka's acknowledgement."""
    taken_up_per_s: float
    """By one worker, from Kafka into the index."""

    @property
    def p99_ratio(self) -> float:
        """The median over the parts: p99 beside full lists, to that beside empty ones."""
        return median_ratio(self.full.p99_ms, self.empty.p99_ms)


async def measure(place: Place, plan: Plan) -> Lists:
    """Fill lists, decide the same applications beside them and beside empty ones, each in turn; then load a file."""
    watch = Watch()
    own, external = plan.list_entries, int(plan.list_entries * EXTERNAL_SHARE)
    _require_memory(own + external)
    settings = place.settings(index_deadline_ms=LONGEST_DEADLINE_MS)
    with place.shown("simulating applications", plan.samples) as on_done:
        probes = simulated_facts(plan.samples, settings, on_done)
    with _servers(place, own + external) as (empty_server, full_server):
        empty, full = (
            Decider(settings.model_copy(update={"redis_url": SecretStr(server.url)}))
            for server in (empty_server, full_server)
        )
        await empty.start()
        await full.start()
        before, began = full.memory_bytes(), monotonic()
        with place.shown(f"seeding {own + external:,} list entries", own + external) as on_done:
            filled = settings.model_copy(update={"redis_url": SecretStr(full_server.url)})
            await sow_entries(filled, own, external, on_done)
        seeded_per_s = (own + external) / (monotonic() - began)
        bytes_per_entry = (full.memory_bytes() - before) / (own + external)
        sides = await _in_turn(place, (empty, full), probes)
        await empty.close()
        await full.close()
    loaded, loaded_per_s, taken_up_per_s = await _loaded(place, min(LOADED_MAX, own))
    return Lists(
        conditions=watch.conditions(),
        own=own,
        external=external,
        probes=len(probes),
        empty=sides[0],
        full=sides[1],
        bytes_per_entry=bytes_per_entry,
        seeded_per_s=seeded_per_s,
        loaded=loaded,
        loaded_per_s=loaded_per_s,
        taken_up_per_s=taken_up_per_s,
    )


async def _in_turn(place: Place, deciders: Sequence[Decider], probes: Sequence[ApplicationFacts]) -> list[Side]:
    """Each probe by itself on one after the other, who goes first in turn."""
    sides = [Side(p50_ms=[], p99_ms=[]) for _ in deciders]
    size = -(-len(probes) // ROUNDS)
    with place.shown("deciding beside each", len(probes)) as on_done:
        for start in range(0, len(probes), size):
            taken: list[list[float]] = [[] for _ in deciders]
            for number, facts in enumerate(probes[start : start + size]):
                order = range(len(deciders)) if number % 2 else reversed(range(len(deciders)))
                for at in order:
                    taken[at].append((await deciders[at].cost_of([facts])).wall_us / 1000)
                on_done(start + number)
            for side, each in zip(sides, map(sorted, taken), strict=True):
                side.p50_ms.append(quantile(each, 0.5))
                side.p99_ms.append(quantile(each, 0.99))
    return sides


async def _loaded(place: Place, number: int) -> tuple[int, float, float]:
    """Entries, how many a second the command loads, and how many a second a worker takes up."""
    settings = place.settings()
    file = place.directory / "lists.csv"
    _write(file, number)
    table = FileTable(file)
    given = {"list": "own", "action": "add", "occurred_at": "2026-11-01T00:00:00+00:00"}
    plan = plan_for(table.columns, {}, given, settings.timezone)
    marks: list[tuple[float, int]] = []
    async with topics(settings):
        with place.shown("loading a file", number) as on_done:

            def on_progress(loaded: Loaded) -> None:
                marks.append((monotonic(), loaded.entries))
                on_done(loaded.entries)

            progress = Progress.of_load(settings, file, plan, place.directory / "bad.csv")
            loaded = await asyncio.to_thread(
                load_table, table, plan, settings, progress, PROCESSES, on_progress
            )  # fmt: skip
        with place.shown("taking it up", number) as on_done:
            taken_up_per_s = await _taken_up(place, settings, number, on_done)
    return loaded.entries, _rate(marks), taken_up_per_s


async def _taken_up(place: Place, settings: Settings, number: int, on_done: OnDone) -> float:
    """By a worker's committed offsets."""
    marks: list[tuple[float, int]] = []
    log_file = place.log_file("lists")
    async with admin_client(settings) as client:
        with running(WORKER, settings, log_file) as process:
            last = monotonic()
            while not marks or marks[-1][1] < number:
                await asyncio.sleep(POLL_S)
                try:
                    offsets = await client.list_consumer_group_offsets(settings.consumer_group)
                except GroupCoordinatorNotAvailableError:  # the first group of a cluster makes it wait
                    offsets = {}
                done = sum(
                    max(0, each.offset)
                    for partition, each in offsets.items()
                    if isinstance(partition, TopicPartition) and partition.topic == settings.topic("blacklist-entries")
                )
                if done and (not marks or done > marks[-1][1]):
                    last = monotonic()
                    marks.append((last, done))
                    on_done(done)
                if process.poll() is not None or monotonic() - last > IDLE_S:
                    raise BenchFailedError(f"{done} of {number} list entries were taken up", log_file)
    return _rate(marks)


def _rate(marks: Sequence[tuple[float, int]]) -> float:
    """A second, between the first mark and the last: starting takes no part. Of one mark nothing is known: 0."""
    (began, first), (ended, last) = marks[0], marks[-1]
    return (last - first) / (ended - began) if ended > began else 0.0


def _write(file: Path, number: int) -> None:
    """A table such as collections departments have, with raw values."""
    with file.open("w", encoding="utf-8") as out:
        out.write("kind,value,reason,severity,expires_at,source\n")
        for position, each in enumerate(entries(number, 0)):
            value = f"13{position:09d}" if position % 2 else f"dev-{each.token}"
            kind = "phone" if position % 2 else "device_id"
            out.write(f"{kind},{value},{each.reason},{each.severity},2027-12-31,{each.source}\n")


@contextmanager
def _servers(place: Place, number: int) -> Iterator[list[EmbeddedValkey]]:
    """Two, as large as what they are to hold."""
    made = [
        EmbeddedValkey(place.directory / f"valkey-lists-{name}", maxmemory_mb=SPARE_MB + size * RESERVED_BYTES // 2**20)
        for name, size in (("empty", 0), ("full", number))
    ]
    with ExitStack() as stack:
        for each in made:
            each.start()
            stack.callback(each.kill)  # a clean stop would write everything to disk
        yield made


def _require_memory(number: int) -> None:
    """Raises OperatorError when the machine has too little memory."""
    needed, there = number * RESERVED_BYTES, psutil.virtual_memory().available
    if needed > there:
        raise OperatorError(
            f"{number:,} list entries may need {needed / 2**30:.1f} GB of memory, and {there / 2**30:.1f} GB are free:"
            " choose fewer --list-entries"
        )


def table(lists: Lists) -> Table:
    """A row a side."""
    rows = []
    for name, side in (("empty", lists.empty), (f"{lists.own:,} own, {lists.external:,} external", lists.full)):
        figures = (quantile(sorted(side.p50_ms), 0.5), quantile(sorted(side.p99_ms), 0.5))
        ratio = f"{lists.p99_ratio:.2f}" if side is lists.full else "1.00"
        rows.append([name, *(f"{each:.2f}" for each in figures), ratio])
    return Table(
        title="A decision beside long lists",
        columns=["entries", "p50, ms", "p99, ms", "p99 of the empty list's"],
        rows=rows,
        note=f"Medians of {ROUNDS} parts of {lists.probes:,} applications, each decided by itself on either index in"
        f" turn, from enriching to settling. An entry takes {lists.bytes_per_entry:.0f} bytes; straight into the index"
        f" go {lists.seeded_per_s:,.0f} a second. `tidegate blacklist load` published {lists.loaded:,} raw values of a"
        f" CSV at {lists.loaded_per_s:,.0f} a second; one worker took them up at {lists.taken_up_per_s:,.0f} a second."
        f" {lists.conditions.sentence()}",
    )


def draw(lists: Lists, axes: Axes) -> None:
    """p99 by part of the probes."""
    parts = range(1, len(lists.full.p99_ms) + 1)
    axes.plot(parts, lists.empty.p99_ms, marker="o", label="empty")
    axes.plot(parts, lists.full.p99_ms, marker="o", label=f"{lists.own + lists.external:,} entries")
    axes.set(title="A decision beside long lists", xlabel="part of the run", ylabel="p99, milliseconds", ylim=(0, None))
    axes.legend()
