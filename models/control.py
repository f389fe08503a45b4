"""Random control: a small share of the applications that would be rejected goes to a person instead.

What is rejected gets no label, so models that learn from labels alone never hear of it: they are blind where the policy
was wrong, and grow surer of it (reject inference; D. Hand and W. Henley, Statistical Classification Methods in Consumer
Credit Scoring, 1997). What chance let through stands for all of its like when it counts 1 / share in training
(D. Horvitz and D. Thompson, 1952).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from models.decision import Reason
from models.policy.document import RandomControl

CODE = "RANDOM_CONTROL"
_DRAWS = 2**64


def drawn(application_id: str, control: RandomControl) -> bool:
    """Whether chance chose this application: the same one always alike, under one seed."""
    digest = blake2b(application_id.encode(), digest_size=8, key=control.seed.encode()).digest()
    return int.from_bytes(digest, "big") < control.share * _DRAWS


def control_reason(application_id: str, reasons: Iterable[Reason], control: RandomControl) -> Reason | None:
    """The reason that sends a would-be reject to review; None when it stays rejected. `reasons` are those so far."""
    if not drawn(application_id, control):
        return None
    if any(reason.effect == "reject" and reason.code in control.never for reason in reasons):
        return None
    return Reason(code=CODE, effect="review", detail={"probability": control.share})
