"""How soon after a fault the decisions came again."""

from __future__ import annotations

from msgspec import Struct

from scripts.chaos.audit import Evidence

PROMPT_MS = 1_000
"""A decision that comes this soon after its application is as it should be."""


class Recovery(Struct, frozen=True, kw_only=True):
    """Seconds from the end of the fault. None: it never came."""

    first_s: float | None
    """Until the first decision on an application that was published after the fault."""
    caught_up_s: float | None
    """Until the last decision that came more than a second after its application: from then on all was as before."""
    again_s: float | None
    """Until the last degraded decision was superseded; None when there was none."""


def recovery(evidence: Evidence, ended_ms: float, repair_ms: float | None = None) -> Recovery:
    """`ended_ms` is when the fault had ended, `repair_ms` when a repair by hand began, ms since the epoch: what
    waited for that is late from then on."""
    decided: dict[str, int] = {}
    again: list[int] = []
    for at, decision in evidence.decisions:
        decided[decision.event_id] = min(at, decided.get(decision.event_id, at))
        if decision.supersedes is not None:
            again.append(at)
    pairs = [(came, decided[event]) for event, came in evidence.applications.items() if event in decided]
    after = [at for came, at in pairs if came >= ended_ms]
    late = [at for came, at in pairs if at - came > PROMPT_MS]

    def since(at: float) -> float:
        return ended_ms if repair_ms is None or at < repair_ms else repair_ms

    return Recovery(
        first_s=_seconds(min(after), ended_ms) if after else None,
        caught_up_s=max((_seconds(at, since(at)) for at in late), default=0.0) if after else None,
        again_s=_seconds(max(again), ended_ms) if again else None,
    )


def _seconds(at_ms: float, since_ms: float) -> float:
    return max(0.0, (at_ms - since_ms) / 1000)
