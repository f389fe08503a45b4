"""Labels: the truth about an application, later. They set the flag that its neighbours see."""

from __future__ import annotations

from collections.abc import Sequence

from models.events import Label
from models.facts import epoch_ms
from streams.dependencies import Dependencies
from streams.index.protocol import LabelFlagChange
from streams.runner import Accepted, Handled


async def flag_labels(accepted: Sequence[Accepted[Label]], deps: Dependencies) -> Handled:
    """Set the flags of a batch of labels. Kinds that the policy maps to neither fraud nor honest (repayment, overdue
    and the like) set none."""
    changes = []
    for each in accepted:
        label = each.record
        deps.metrics.labels.labels(label.kind).inc()
        flag = deps.policy.label_flag(label.kind)
        if flag:
            changes.append(
                LabelFlagChange(application_id=label.application_id, flag=flag, occurred_ms=epoch_ms(label.occurred_at))
            )
    if changes:
        await deps.index.set_labels(changes)
    return Handled()
