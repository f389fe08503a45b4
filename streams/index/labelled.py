"""What a label changes in the index: the flag that neighbours see, and what became of the money."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from models.facts import LabelFacts
from models.labelling import flag_at, loan_of
from models.policy.document import LabelMeaning
from streams.index.protocol import LabelFlagChange, LinkIndex, LoanChange

Change = LabelFlagChange | LoanChange


def label_changes(facts: LabelFacts, meaning: LabelMeaning, now_ms: int) -> list[Change]:
    """What a label changes as it stands at `now_ms`; nothing when it says nothing, or not yet."""
    application_id, changes = facts.application_id, list[Change]()
    if (seen := flag_at(facts, meaning, now_ms)) is not None:
        changes.append(LabelFlagChange(application_id=application_id, flag=seen[0], occurred_ms=seen[1]))
    if loan := loan_of(facts.kind):
        changes.append(LoanChange(application_id=application_id, loan=loan, occurred_ms=facts.occurred_ms))
    return changes


async def write_labels(index: LinkIndex, changes: Sequence[Sequence[Change]]) -> None:
    """Write what labels change, in their order. Raises IndexUnavailableError; repeating it is safe."""
    flags, loans = list[LabelFlagChange](), list[LoanChange]()
    for change in chain.from_iterable(changes):
        if isinstance(change, LabelFlagChange):
            flags.append(change)
        else:
            loans.append(change)
    await index.set_labels(flags)
    await index.set_loans(loans)
