"""Labels: the truth about an application, later. They set the flag that its neighbours see."""

from __future__ import annotations

from collections.abc import Sequence

from models.facts import LabelFacts
from models.labelling import flag_of
from streams.dependencies import Dependencies
from streams.index.protocol import LabelFlagChange
from streams.runner import Accepted, Handled


async def flag_labels(accepted: Sequence[Accepted[LabelFacts]], deps: Dependencies) -> Handled:
    """Set the flags of a batch of labels. Kinds that the policy maps to neither fraud nor honest (repayment, overdue
    and the like) set none."""
    changes = []
    for each in accepted:
        label = each.facts
        deps.metrics.labels.labels(label.kind).inc()
        flag = flag_of(label.kind, deps.policy.document.labels)
        if flag:
            changes.append(
                LabelFlagChange(application_id=label.application_id, flag=flag, occurred_ms=label.occurred_ms)
            )
    if changes:
        await deps.index.set_labels(changes)
    return Handled()
