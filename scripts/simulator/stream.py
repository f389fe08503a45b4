"""The simulated stream: groups told one after the other, their records merged in event-time order."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from random import Random

from msgspec import Struct

from scripts.simulator.attempts import application_of, device_events_of
from scripts.simulator.draw import Draw
from scripts.simulator.labels import DEFAULT_DELAY_DAYS, labels_of
from scripts.simulator.plan import Group, plan_groups
from scripts.simulator.records import GroundTruth, TimedRecord, timed
from scripts.simulator.timeline import LEAD_S, Window
from scripts.simulator.world import World, the_world


class SimulationConfig(Struct, frozen=True, kw_only=True):
    """What to simulate. The same config gives the same stream, record by record.

    `run_id` is part of every id and of the randomness: another run id has other people, so that one run after the other
    against the same Kafka does not look like everybody applying twice.
    """

    start: datetime
    """Applications occur from here..."""
    end: datetime
    """...to here; nothing is published that the lender would hear of later. Both aware."""
    applications: int = 2_600
    fraud_share: float = 0.05
    seed: int = 7
    label_delay_days: float = DEFAULT_DELAY_DAYS
    shift_at: float | None = None
    """From this share of the time on (0 to 1) a typology occurs that did not before; None: never."""
    run_id: str = "run"
    """1-24 characters of [A-Za-z0-9._:]."""

    @property
    def span(self) -> Window:
        return Window(self.start.timestamp(), self.end.timestamp())


def simulated_stream(config: SimulationConfig) -> Iterator[TimedRecord]:
    """Yields every record in event-time order, the device events and blacklist entries of the first applications from
    2.5 days before `start`. A group's records are made when its time comes: memory holds no more than what overlaps.
    """
    world = the_world()
    rng = Random(f"{config.seed}/{config.run_id}")
    groups = plan_groups(rng, config.applications, config.fraud_share, config.span, config.shift_at)
    waiting: list[tuple[datetime, int, TimedRecord]] = []
    order = count()
    for group in groups:
        while waiting and waiting[0][0].timestamp() < group.window.start - LEAD_S:
            yield heapq.heappop(waiting)[2]
        for record in _records_of(group, config, world):
            heapq.heappush(waiting, (record.occurred_at, next(order), record))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _records_of(group: Group, config: SimulationConfig, world: World) -> Iterator[TimedRecord]:
    draw = Draw(str(config.seed), config.run_id, group.number, group.window, world)
    story = group.typology.story(draw, group.size)
    ring = f"ring-{config.run_id}-{group.number}" if group.fraud else None
    yield from map(timed, story.extra)
    for position, attempt in enumerate(sorted(story.attempts, key=lambda each: each.at), 1):
        application = application_of(attempt, draw.rng, draw.new_id)
        application_id = application.application_id
        yield from map(timed, device_events_of(attempt, application_id, draw.rng, draw.new_id))
        truth = GroundTruth(
            application_id=application_id,
            fraud=group.fraud,
            typology=group.typology.name,
            ring=ring,
            position=position if group.fraud else None,
        )
        yield timed(application, truth)
        labels = labels_of(
            application_id,
            attempt.at,
            fraud=group.fraud,
            until=config.end.timestamp(),
            delay_days=config.label_delay_days,
            rng=draw.rng,
            new_id=draw.new_id,
        )
        yield from map(timed, labels)
