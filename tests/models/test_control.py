"""Random control: a small share of would-be rejects, always the same ones, and never those the policy excepts."""

from __future__ import annotations

import pytest

from models.control import control_reason, drawn
from models.decision import Effect, Reason
from models.policy.document import RandomControl

CONTROL = RandomControl(share=0.01, seed="s", never=("BLACKLIST_HIT",))
IDS = [f"A-{number}" for number in range(100_000)]
CHOSEN = [name for name in IDS if drawn(name, CONTROL)]
REJECT = Reason(code="LINKED_TO_FRAUD", effect="reject")


def test_about_the_share_is_chosen() -> None:
    assert 880 < len(CHOSEN) < 1_120  # 1,000 and four standard deviations of 31


def test_a_share_of_nothing_chooses_nobody() -> None:
    assert not any(drawn(name, RandomControl(share=0.0, seed="s")) for name in IDS[:1_000])


def test_another_seed_chooses_others_and_a_larger_share_chooses_more_of_the_same() -> None:
    others = [name for name in IDS if drawn(name, RandomControl(share=0.01, seed="t"))]
    assert len(set(CHOSEN) & set(others)) < 40
    assert all(drawn(name, RandomControl(share=0.02, seed="s")) for name in CHOSEN)


def test_the_reason_says_with_what_probability() -> None:
    assert control_reason(CHOSEN[0], [REJECT], CONTROL) == Reason(
        code="RANDOM_CONTROL", effect="review", detail={"probability": 0.01}
    )
    not_chosen = next(name for name in IDS if name not in CHOSEN)
    assert control_reason(not_chosen, [REJECT], CONTROL) is None


@pytest.mark.parametrize(("effect", "stays"), [("reject", True), ("review", False)])
def test_whom_an_excepted_reason_rejects_stays_rejected(effect: Effect, stays: bool) -> None:
    listed = Reason(code="BLACKLIST_HIT", effect=effect)
    assert (control_reason(CHOSEN[0], [REJECT, listed], CONTROL) is None) is stays
