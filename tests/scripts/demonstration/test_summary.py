"""The summary says every figure, whatever it is."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from scripts.demonstration.summary import print_summary
from scripts.demonstration.tally import Tally
from scripts.simulator.fraud import FRAUD
from scripts.simulator.honest import HONEST
from tests.scripts.demonstration.published import dead_letter, decision, truth


def summary(tally: Tally) -> list[str]:
    """Its lines, with runs of blanks made one."""
    file = StringIO()
    print_summary(Console(file=file, width=80, highlight=False, soft_wrap=True), tally, 12.0)
    return [" ".join(line.split()) for line in file.getvalue().splitlines()]


def one_ring_caught_from_the_third_on() -> Tally:
    tally = Tally()
    tally.sent = 4
    for position in range(1, 5):
        tally.expect(truth(f"A-{position}", "device_farm", position))
        tally.application(f"A-{position}", 1_000)
        tally.decision(decision(f"A-{position}", "reject" if position > 2 else "approve"), 1_020)
    return tally


def test_it_counts_what_came_and_what_became_of_it() -> None:
    tally = one_ring_caught_from_the_third_on()
    tally.dead_letter(dead_letter("not_json"))
    tally.decision(decision("A-1"), 1_030)
    lines = summary(tally)
    assert "4 applications in 12 s, 4 decided: 2 approve, 0 review, 2 reject" in lines
    assert "1 dead letters (1 not_json), 1 decisions twice, 0 degraded, 0 decided again" in lines
    assert any(line.startswith("Latency p50 20 ms, p99 20 ms") for line in lines)


def test_it_has_a_line_for_each_typology_in_80_columns() -> None:
    lines = summary(Tally())
    for typology in (*FRAUD, *HONEST):
        name = "nothing special" if typology.name == "none" else typology.name
        assert any(line.startswith(f"{name} 0 0 -") for line in lines)


def test_it_says_what_was_caught_from_the_third_of_a_ring_on_and_that_the_target_is_met() -> None:
    lines = summary(one_ring_caught_from_the_third_on())
    assert "device_farm 4 2 50.0% 2 2 100.0%" in lines
    assert "fraud, 3rd of its ring on 2 2 100.0% at least 90% met" in lines
    assert "kiosk 0 0 - at most 3% -" in lines


def test_it_says_that_a_target_is_missed() -> None:
    tally = Tally()
    tally.expect(truth("A-1", "kiosk"))
    tally.decision(decision("A-1", "review"), 1_000)
    assert "kiosk 1 1 100.0% at most 3% MISSED" in summary(tally)
