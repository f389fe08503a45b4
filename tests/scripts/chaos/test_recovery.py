"""Recovery counts from the end of the fault."""

from __future__ import annotations

from scripts.chaos.audit import Evidence
from scripts.chaos.recovery import PROMPT_MS, Recovery, recovery
from tests.scripts.chaos.test_audit import decision

ENDED = 10_000


def times(*pairs: tuple[int, int], again: tuple[int, ...] = ()) -> Evidence:
    """Applications by (when published, when decided), in ms, and when decisions were superseded."""
    decisions = [(at, decision(f"e-{number}")) for number, (_, at) in enumerate(pairs)]
    return Evidence(
        applications={f"e-{number}": came for number, (came, _) in enumerate(pairs)},
        decisions=[*decisions, *((at, decision("e-0", "s", supersedes="d-e-0")) for at in again)],
        audited=set(),
        dead_letters=[],
        waiting={},
    )


def test_the_first_decision_counts_that_was_published_after_the_fault() -> None:
    found = recovery(times((9_000, 10_100), (ENDED, 10_400), (10_100, 10_300)), ENDED)
    assert found.first_s == 0.3


def test_an_application_published_before_the_end_of_the_fault_does_not_count_as_first() -> None:
    assert recovery(times((ENDED - 1, 10_400)), ENDED) == Recovery(first_s=None, caught_up_s=None, again_s=None)


def test_caught_up_is_when_the_last_late_decision_came() -> None:
    late, prompt = (9_000, 9_000 + PROMPT_MS + 1_500), (11_000, 11_000 + PROMPT_MS)
    assert recovery(times(late, prompt), ENDED).caught_up_s == 1.5
    assert recovery(times(prompt), ENDED).caught_up_s == 0.0


def test_the_last_superseding_decision_ends_the_outage() -> None:
    assert recovery(times((11_000, 11_001), again=(10_500, 12_500)), ENDED).again_s == 2.5


def test_what_waited_for_a_repair_is_late_from_its_beginning_on() -> None:
    late, repaired = (ENDED - 500, ENDED + 1_200), (ENDED + 100, ENDED + 8_700)
    found = recovery(times(late, repaired), ENDED, ENDED + 8_000)
    assert found.caught_up_s == 1.2
    assert recovery(times(late, repaired), ENDED).caught_up_s == 8.7
