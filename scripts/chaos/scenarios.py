"""The scenarios, as data: what is done to whom, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.chaos import faults
from scripts.chaos.faults import Action
from scripts.chaos.load import Twist

WORKER, FAULTY_WORKER = "streams.worker", "scripts.chaos.faulty_worker"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """While the load runs: `begin`, `hold_s` seconds later `end`; recovery counts from there. Afterwards, when all
    has been taken that can be, `repair`."""

    name: str
    title: str
    workers: int = 1
    module: str = WORKER
    begin: tuple[Action, ...] = ()
    hold_s: float = 0.0
    brief_hold_s: float | None = None
    """In the tests, when shorter; the mechanism is the same."""
    end: tuple[Action, ...] = ()
    repair: tuple[Action, ...] = ()
    twist: Twist = "plain"
    through_proxy: bool = False
    exits: int = 0
    """How often a worker ends by itself with exit code 70, to be started again."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What differs from the defaults."""


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(name="kill-one", title="SIGKILL of one of two workers", workers=2, begin=(faults.kill_worker,)),
    Scenario(
        name="kill-only",
        title="SIGKILL of the only worker, started again after 1 s",
        begin=(faults.kill_worker,),
        hold_s=1,
        end=(faults.start_worker,),
    ),
    Scenario(
        name="terminate",
        title="SIGTERM to the only worker, started again after 1 s",
        begin=(faults.terminate_worker,),
        hold_s=1,
        end=(faults.start_worker,),
    ),
    Scenario(
        name="zombie",
        title="SIGSTOP of one of two workers for 20 s, then SIGCONT",
        workers=2,
        begin=(faults.freeze_worker,),
        hold_s=20,
        brief_hold_s=8,
        end=(faults.thaw_worker,),
    ),
    Scenario(
        name="rolling-restart",
        title="SIGTERM and start of two workers, one after the other",
        workers=2,
        begin=(faults.restart_workers_in_turn,),
    ),
    Scenario(
        name="valkey-killed",
        title="SIGKILL of Valkey, started again empty after 3 s, `tidegate rebuild`",
        begin=(faults.kill_valkey,),
        hold_s=3,
        end=(faults.start_valkey,),
        repair=(faults.rebuild,),
    ),
    Scenario(
        name="valkey-frozen",
        title="Valkey frozen for 5 s",
        begin=(faults.freeze_valkey,),
        hold_s=5,
        brief_hold_s=3,
        end=(faults.thaw_valkey,),
    ),
    Scenario(
        name="stop-without-valkey",
        title="Valkey frozen, SIGTERM to the only worker, both back",
        begin=(faults.freeze_valkey, faults.pause, faults.terminate_worker),
        end=(faults.thaw_valkey, faults.start_worker),
    ),
    Scenario(
        name="kafka-restarted",
        title="Kafka shut down, started again after 3 s",
        begin=(faults.stop_kafka,),
        hold_s=3,
        end=(faults.start_kafka,),
    ),
    Scenario(
        name="kafka-killed",
        title="SIGKILL of Kafka, started again after 3 s",
        begin=(faults.kill_kafka,),
        hold_s=3,
        end=(faults.start_kafka,),
    ),
    Scenario(
        name="kafka-cut",
        title="Every connection of two workers to Kafka cut for 8 s",
        workers=2,
        through_proxy=True,
        begin=(faults.cut_kafka,),
        hold_s=8,
        end=(faults.restore_kafka,),
    ),
    Scenario(
        name="kafka-silent",
        title="Connections of two workers to Kafka stand for 8 s without passing a byte",
        workers=2,
        through_proxy=True,
        begin=(faults.silence_kafka,),
        hold_s=8,
        end=(faults.restore_kafka,),
    ),
    Scenario(
        name="kafka-slow",
        title="Kafka's connections slowed to 100 ms a chunk and 500 kB/s for 8 s",
        through_proxy=True,
        begin=(faults.slow_kafka,),
        hold_s=8,
        brief_hold_s=5,
        end=(faults.restore_kafka,),
    ),
    Scenario(
        name="stop-without-kafka",
        title="Kafka's connections cut, SIGTERM to the only worker, both back",
        through_proxy=True,
        begin=(faults.cut_kafka, faults.pause, faults.terminate_worker),
        end=(faults.restore_kafka, faults.start_worker),
    ),
    Scenario(
        name="poison",
        title="Eleven kinds of unreadable record, after every eighth application, in batches of 8 behind a backlog",
        twist="poisoned",
        settings={"batch_max": 8},
        begin=(faults.freeze_worker,),
        hold_s=2,
        end=(faults.thaw_worker,),
    ),
    Scenario(
        name="exceptions",
        title="An exception at every stage of the pipeline, then `tidegate redrive`",
        module=FAULTY_WORKER,
        begin=(faults.fail_every_stage,),
        repair=(faults.redrive,),
        exits=2,
    ),
    Scenario(
        name="disk-full",
        title="No file can be written for 5 s, the worker's log included",
        begin=(faults.fill_disk,),
        hold_s=5,
        brief_hold_s=3,
        end=(faults.empty_disk,),
    ),
    Scenario(
        name="clock-jumps",
        title="The worker's clock jumps an hour ahead, then 20 days back, then right, then `tidegate redrive`",
        module=FAULTY_WORKER,
        begin=(faults.clock_ahead, faults.pause, faults.clock_behind),
        hold_s=2,
        end=(faults.clock_right,),
        repair=(faults.redrive,),
    ),
    Scenario(
        name="doubled",
        title="Every record delivered twice, in shuffled order, by two workers of which one is killed",
        workers=2,
        twist="doubled",
        begin=(faults.kill_worker,),
    ),
)

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
