"""One scenario from start to verdict: servers, workers, load, fault, recovery, audit."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from scripts.chaos.audit import Evidence, Findings, gather_evidence, judge, repeats
from scripts.chaos.links import LinkComparison, compare_links
from scripts.chaos.recovery import Recovery, recovery
from scripts.chaos.rig import Rig, rig
from scripts.chaos.scenarios import Scenario
from scripts.chaos.workers import Stopped
from scripts.embedded import EmbeddedKafka
from streams.runner import EXIT_SOFTWARE

RECOVERED_WITHIN_S = 10.0
"""Of the end of the fault, on a machine that starts workers in START_S; a busy one gets more in proportion."""
START_S = 6.0


class Conditions(Struct, frozen=True, kw_only=True):
    """How a scenario is run."""

    rate: float = 100.0
    """Applications a second; device events, labels and list entries come on top."""
    before_s: float = 3.0
    after_s: float = 8.0
    """The load goes on for so long after the fault."""
    patience_s: float = 60.0
    """Longest wait afterwards for workers to take what they have not."""
    brief: bool = False
    """Shorter holds where the mechanism is the same."""


class Result(Struct, frozen=True, kw_only=True):
    """What a scenario came to."""

    scenario: Scenario
    applications: int
    """Published; other records come on top."""
    degraded: int
    dead_letters: int
    repeats: int
    """Decisions published again under their own id."""
    findings: Findings
    links: LinkComparison
    recovery: Recovery
    exits: list[int]
    """Exit codes of workers that ended by themselves."""
    stops: list[Stopped]
    start_s: float
    """How long workers took to start, which says how busy the machine was."""

    @property
    def recovered_within_s(self) -> float:
        """What recovery may take here."""
        return RECOVERED_WITHIN_S * max(1.0, self.start_s / START_S)

    @property
    def problems(self) -> list[str]:
        """What is not as it has to be, in words; empty when all is."""
        problems = [f"{count} {what}" for what, count in self.findings.wrong.items()]
        if self.links.differing:
            parts = sorted({part for each in self.links.differing.values() for part in each})
            problems.append(f"{len(self.links.differing)} applications differ from a clean run in {', '.join(parts)}")
        if self.links.forgotten:
            problems.append(f"{len(self.links.forgotten)} results are not kept")
        for name, seconds in (
            ("the first decision", self.recovery.first_s),
            ("all that had waited", self.recovery.caught_up_s),
        ):
            if seconds is None:
                problems.append(f"{name} never came")
            elif seconds > self.recovered_within_s:
                problems.append(f"{name} came after {seconds:.1f} s")
        if self.recovery.again_s is not None and self.recovery.again_s > self.recovered_within_s:
            problems.append(f"degraded decisions were superseded only after {self.recovery.again_s:.1f} s")
        if self.exits != [EXIT_SOFTWARE] * self.scenario.exits:
            problems.append(f"workers ended by themselves with exit codes {self.exits}")
        problems += [
            f"a worker ended {stop.seconds:.1f} s after SIGTERM with exit code {stop.exit_code}"
            for stop in self.stops
            if stop.exit_code != 0
        ]
        return problems


async def run_scenario(
    scenario: Scenario, kafka: EmbeddedKafka, directory: Path, conditions: Conditions | None = None
) -> Result:
    """Run it on `kafka`, which it may stop and start; everything else is its own, under `directory`.

    Raises EmbeddedError when something does not start.
    """
    conditions = conditions or Conditions()
    load = {"rate": conditions.rate, "twist": scenario.twist}
    async with rig(
        kafka, directory, load=load, settings=dict(scenario.settings), through_proxy=scenario.through_proxy
    ) as made:
        await made.start_workers(scenario.workers, directory, scenario.module)
        supervising = asyncio.create_task(made.supervise())
        try:
            ended_ms = await _disturb(scenario, made, conditions)
            await made.settle(conditions.patience_s)
            repair_ms = time.time() * 1000
            for action in scenario.repair:
                await action(made)
            await made.settle(conditions.patience_s)
            evidence = await gather_evidence(made.settings)
            decisions = [decision for _, decision in evidence.decisions]
            links = await compare_links(made.settings, made.load.events, decisions, evidence.joins)
            await made.stop_workers()
        finally:
            supervising.cancel()
            with suppress(asyncio.CancelledError):
                await supervising
        return _result(scenario, made, evidence, links, recovery(evidence, ended_ms, repair_ms))


async def _disturb(scenario: Scenario, made: Rig, conditions: Conditions) -> float:
    """The load with the fault in it; returns when the fault had ended, ms since the epoch."""
    loading = asyncio.create_task(made.load.run())
    hold_s = scenario.hold_s
    if conditions.brief and scenario.brief_hold_s is not None:
        hold_s = scenario.brief_hold_s
    try:
        await asyncio.sleep(conditions.before_s)
        for action in scenario.begin:
            await action(made)
        await asyncio.sleep(hold_s)
        for action in scenario.end:
            await action(made)
        ended_ms = time.time() * 1000
        await asyncio.sleep(conditions.after_s)
    finally:
        made.load.stop()
        await loading
    return ended_ms


def _result(scenario: Scenario, made: Rig, evidence: Evidence, links: LinkComparison, recovered: Recovery) -> Result:
    return Result(
        scenario=scenario,
        applications=len(evidence.applications),
        degraded=len({decision.decision_id for _, decision in evidence.decisions if decision.degraded}),
        dead_letters=len(evidence.dead_letters),
        repeats=repeats(evidence),
        findings=judge(evidence, made.load.application_events, made.load.poison),
        links=links,
        recovery=recovered,
        exits=made.exits,
        stops=made.stops,
        start_s=made.start_s,
    )
