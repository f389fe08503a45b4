"""One alert for each outage of a list service, by whichever worker is to tell."""

from __future__ import annotations

from datetime import timedelta

from streams.external_lists.silence import SAME_OUTAGE, Silence
from tests.builders import NOON_MS, moment

NOON = moment(NOON_MS)
SECOND = timedelta(seconds=1)


def test_an_outage_is_told_once_and_the_next_one_again() -> None:
    silence, told = Silence(), []
    for state, at in (
        ("closed", NOON),
        ("open", NOON + SECOND),
        ("half_open", NOON + 2 * SECOND),
        ("closed", NOON + 3 * SECOND),
        ("open", NOON + 2 * SECOND + SAME_OUTAGE / 2),
        ("open", NOON + 3 * SECOND + 2 * SAME_OUTAGE),
    ):
        told += silence.alerts({"bureau": state, "police": "closed"}, at, tells=True)  # type: ignore[dict-item]
    assert [alert.evidence["since"] for alert in told] == [
        (NOON + SECOND).isoformat(),
        (NOON + 3 * SECOND + 2 * SAME_OUTAGE).isoformat(),
    ]
    assert {alert.subject.id for alert in told} == {"lists.external:bureau"}


def test_two_services_are_two_alerts() -> None:
    assert len(Silence().alerts({"bureau": "open", "police": "open"}, NOON, tells=True)) == 2


def test_a_worker_that_comes_to_tell_tells_of_an_outage_since_it_began() -> None:
    silence = Silence()
    assert silence.alerts({"bureau": "open"}, NOON, tells=False) == []
    (alert,) = silence.alerts({"bureau": "open"}, NOON + SECOND, tells=True)
    assert (alert.evidence["since"], alert.raised_at) == (NOON.isoformat(), NOON + SECOND)
