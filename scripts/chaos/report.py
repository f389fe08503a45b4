"""The table of results, for the terminal and as a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from scripts.bench.machine import Machine, this_machine
from scripts.chaos.audit import Findings
from scripts.chaos.experiment import RECOVERED_WITHIN_S, START_S, Result
from scripts.chaos.pressure import FLAT_MIB, LEARNER_BOUND_MIB, RSS_BOUND_MIB, PressureResult

HEAD = (
    "what is done",
    "applications",
    "degraded",
    "dead letters",
    "repeats",
    "lost",
    "unexplained",
    "links that differ",
    "first decision, s",
    "caught up, s",
    "decided again, s",
    "start, s",
    "verdict",
)
PRESSURE_HEAD = (
    "what is done",
    "applications",
    "published/s",
    "capacity/s",
    "most waiting",
    "caught up, s",
    "memory before, MiB",
    "most, MiB",
    "growth, MiB",
    "learner's most, MiB",
    "lost",
    "unexplained",
    "verdict",
)


def row(result: Result) -> tuple[str, ...]:
    """The cells of a scenario, under HEAD."""
    findings, recovery = result.findings, result.recovery
    return (
        result.scenario.title,
        f"{result.applications:,}",
        f"{result.degraded:,}",
        f"{result.dead_letters:,}",
        f"{result.repeats:,}",
        str(_lost(findings)),
        str(_unexplained(findings)),
        f"{len(result.links.differing)} of {result.links.compared:,}",
        _seconds(recovery.first_s),
        _seconds(recovery.caught_up_s),
        _seconds(recovery.again_s),
        _seconds(result.start_s),
        verdict(result.problems),
    )


def pressure_row(result: PressureResult) -> tuple[str, ...]:
    """The cells of a burst or soak, under PRESSURE_HEAD."""
    findings = result.findings
    return (
        result.title,
        f"{result.applications:,}",
        f"{result.rate:,.0f}",
        "" if result.capacity is None else f"{result.capacity:,.0f}",
        f"{result.lag_peak:,}",
        _seconds(result.caught_up_s),
        f"{result.rss_before_mib:.0f}",
        f"{result.rss_peak_mib:.0f}",
        f"{result.growth_mib:+.1f}",
        f"{result.learner_peak_mib:.0f}",
        str(_lost(findings)),
        str(_unexplained(findings)),
        verdict(result.problems),
    )


def table(results: Sequence[Result], pressure: Sequence[PressureResult]) -> Table:
    """What matters most, for the terminal."""
    made = Table("", "applications", "lost", "first, s", "caught up, s", "verdict")
    for each in results:
        recovery = each.recovery
        seconds = _seconds(recovery.first_s), _seconds(recovery.caught_up_s)
        lost = str(_lost(each.findings))
        made.add_row(each.scenario.name, f"{each.applications:,}", lost, *seconds, verdict(each.problems))
    for each_pressure in pressure:
        lost = str(_lost(each_pressure.findings))
        caught_up = _seconds(each_pressure.caught_up_s)
        problems = verdict(each_pressure.problems)
        made.add_row(each_pressure.title, f"{each_pressure.applications:,}", lost, "", caught_up, problems)
    return made


def page(results: Sequence[Result], pressure: Sequence[PressureResult], rate: float, others_cores: float) -> str:
    """Markdown. `rate` is applications a second, `others_cores` what other processes kept busy meanwhile."""
    parts = [_INTRODUCTION.format(conditions=_conditions(this_machine(), rate, others_cores))]
    if results:
        parts.append(_FAULTS.format(within=RECOVERED_WITHIN_S, start=START_S))
        parts.append(_markdown(HEAD, [row(each) for each in results]))
    if pressure:
        parts.append(_PRESSURE.format(bound=RSS_BOUND_MIB, learner=LEARNER_BOUND_MIB, flat=FLAT_MIB))
        parts.append(_markdown(PRESSURE_HEAD, [pressure_row(each) for each in pressure]))
    return "\n".join(parts)


def _lost(findings: Findings) -> int:
    return len(findings.undecided) + len(findings.unlettered) + sum(findings.waiting.values())


def _unexplained(findings: Findings) -> int:
    return len(findings.unexplained) + len(findings.contradicted) + len(findings.unaudited)


def _conditions(machine: Machine, rate: float, others_cores: float) -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {machine.cores} cores ({machine.processor}), "
        f"{machine.memory_gb:.0f} GB, {machine.system}, Python {machine.python}, at {rate:.0f} applications a second "
        "and their device events, labels and list entries. Kafka, Valkey, workers, load and auditor share the machine; "
        f"other processes kept {others_cores:.2f} cores busy, the load averages at the end were {load}."
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def verdict(problems: Sequence[str]) -> str:
    """Of one row, in words."""
    return "; ".join(problems) or "as it should be"


def write(path: Path, text: str) -> None:
    """Replace the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


_INTRODUCTION = """# Reliability

Written by `tidegate chaos --report`: real Kafka, Valkey and worker processes, disturbed from outside while known
traffic runs, and judged by what stands in the topics and in the index afterwards. `tests/faults/` runs the same
scenarios, shortened.

{conditions}
"""

_FAULTS = """## Faults

- **degraded**: decisions made without the index, each superseded later; **repeats**: decisions published again under
  their own id.
- **lost**: applications with neither decision nor dead letter, unreadable records without a dead letter, records that
  nobody has acknowledged, in any topic.
- **unexplained**: second decision ids of an event that do not say which one they supersede, decision ids whose records
  contradict each other, decision ids without an audit record.
- **links that differ**: applications whose lists, counts, neighbours, links, device state, places or rings in the index
  are not what an index in memory makes of the same events.
- **first decision**: from the end of the fault (of a kill without a restart: from the kill) to the first decision on an
  application published after it, which waits behind those before it. **Caught up**: to the last decision that came more
  than a second after its application; what waited for a repair by hand (`tidegate redrive`) counts from when that
  began. **Decided again**: to the last degraded decision that was superseded. Each has to be
  within {within:.0f} s where workers take at most {start:.0f} s to **start**, more in proportion elsewhere.
"""

_PRESSURE = """## Pressure

One worker. Kafka holds what it cannot take; **most waiting** is the lag that its metrics show. Whatever waits, it may
take at most {bound:.0f} MiB of memory, and its learner, a process of its own, {learner:.0f}. Of a soak, the median of
the last quarter may be at most {flat:.0f} MiB above that of the second (**growth**, the worker's).
"""
