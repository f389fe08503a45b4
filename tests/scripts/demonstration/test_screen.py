"""What the demo shows: plain lines where there is no terminal, a live screen where there is one."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from models.decision import Verdict
from scripts.demonstration.screen import ALERTS_A_LINE, SECONDS_BETWEEN_LINES, because, screen
from scripts.demonstration.tally import Tally
from scripts.demonstration.worker import Readiness
from tests.scripts.demonstration.published import alert, decision

READY = Readiness(lag_records={"applications": 3, "labels": 4}, index="up")


def busy_tally() -> Tally:
    tally = Tally()
    tally.sent = 5
    verdicts: tuple[Verdict, ...] = ("approve", "approve", "review", "reject")
    for number, verdict in enumerate(verdicts, 1):
        tally.application(f"A-{number}", 1_000)
        tally.decision(decision(f"A-{number}", verdict), 1_010)
    for number in range(5):
        tally.alert(alert(number, summary=f"Alert number {number} [bold]is up[/]."))
    return tally


def shown(tally: Tally, *seconds: float, terminal: bool = False, readiness: Readiness | None = READY) -> str:
    file = StringIO()
    console = Console(file=file, force_terminal=terminal, width=120, height=40, highlight=False, soft_wrap=True)
    with screen(console) as show:
        for each in seconds:
            show(tally.view(each), readiness)
    return file.getvalue()


def test_without_a_terminal_there_are_plain_lines_without_control_characters() -> None:
    text = shown(busy_tally(), SECONDS_BETWEEN_LINES)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert "4 decided, 2/s; approve 50.0%, review 25.0%, reject 25.0%; p50 10 ms, p99 10 ms" in text
    assert "1 waiting, lag 7, 0 dead letters, 5 alerts" in text


def test_a_line_comes_when_its_time_has_come_and_not_before() -> None:
    tally, step = busy_tally(), SECONDS_BETWEEN_LINES
    assert shown(tally, step - 0.01) == ""
    assert shown(tally, step, 2 * step - 0.01).count(" decided, ") == 1
    assert shown(tally, step, 2 * step).count(" decided, ") == 2


def test_an_alert_is_shown_once_and_never_more_than_a_few_a_line() -> None:
    text = shown(busy_tally(), 10, 20)
    assert text.count("alert FRAUD_RING, high: ") == ALERTS_A_LINE
    assert "Alert number 4 [bold]is up[/]." in text


def test_a_decision_is_shown_once_with_its_reasons_in_words() -> None:
    assert shown(busy_tally(), 10, 20).count("reject A-4: 5 people applied with this device within 7d.") == 1


def test_the_gravest_reason_comes_first_and_notes_are_left_out() -> None:
    example = decision("A-1", "reject")
    ring, device = example.reasons[1], example.reasons[0]
    reject = type(ring)(code=ring.code, effect="reject", detail=ring.detail)
    note = type(ring)(code="DEVICE_VPN", effect="note")
    words = because(decision("A-1", "reject", reasons=[note, device, reject]))
    assert words.startswith("The application belongs to a ring of 5")
    assert words.endswith("5 people applied with this device within 7d.")
    assert "VPN" not in words


def test_a_worker_that_does_not_answer_has_an_unknown_lag() -> None:
    assert "lag unknown" in shown(busy_tally(), 10, readiness=None)


def test_a_link_index_that_is_down_is_said_so() -> None:
    assert "LINK INDEX DOWN" in shown(busy_tally(), 10, readiness=Readiness(lag_records={}, index="down"))


def test_before_the_first_decision_there_are_no_shares() -> None:
    assert "0 decided, 0/s; approve -, review -, reject -; no latency yet" in shown(Tally(), 10)


def test_a_terminal_gets_a_screen_that_shows_the_same() -> None:
    text = shown(busy_tally(), 1, terminal=True)
    assert "\x1b[" in text
    for part in (
        "4 decided",
        "review 25.0%",
        "p99 10 ms",
        "FRAUD_RING",
        "Alert number 4 [bold]is up[/].",
        "A-4",
        "lag 7",
    ):
        assert part in text
