from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from streams.index import results
from streams.index.protocol import StoredResult
from streams.index.results import claims, restore, shrink, unsettled

BYTES = st.binary(max_size=2_000)
DECISION = (
    b'{"decision_id":"d-4711","application_id":"A-1","event_id":"e-1","decided_at":"2026-11-24T02:15:30.131Z",'
    b'"decision":"review","fraud_score":0.4312,"scores":{"bureau":71,"transaction":64,"behaviour":80,"other":null},'
    b'"reasons":[{"code":"DEVICE_MANY_IDENTITIES","effect":"review","detail":{"identities":4,"window":"7d"}}],'
    b'"missing":["credit.other"],"degraded":[],"latency_ms":3.4,"applicant_token":"KwM8zbIL43hZtsf7b_dtFg"}'
)


@given(decision=BYTES, alerts=st.lists(st.tuples(BYTES, st.booleans()), max_size=5), audit=st.none() | BYTES)
def test_a_stored_result_comes_back_with_the_alerts_its_event_has_claimed(
    decision: bytes, alerts: list[tuple[bytes, bool]], audit: bytes | None
) -> None:
    rest = unsettled(StoredResult(b"not stored here", [alert for alert, _ in alerts], audit))
    assert claims(rest) == [True] * len(alerts)
    told = bytes([len(alerts)]) + b"".join(b"1" if claimed else b"0" for _, claimed in alerts)
    rest = told + rest[len(told) :]
    assert claims(rest) == [claimed for _, claimed in alerts]
    again = restore("e-1", shrink("e-1", decision), rest)
    assert again == StoredResult(decision, [alert for alert, claimed in alerts if claimed], audit)


@given(decision=BYTES, event_id=st.text(max_size=64))
def test_of_a_settled_result_the_decision_is_left(decision: bytes, event_id: str) -> None:
    assert restore(event_id, shrink(event_id, decision), None) == StoredResult(decision, [], None)


def test_what_decisions_have_in_common_is_not_stored_again() -> None:
    assert len(shrink("e-1", DECISION)) < 0.25 * len(DECISION)


def test_the_phrases_that_stored_decisions_are_read_with_have_not_changed() -> None:
    assert blake2b(results._COMMON, digest_size=8).hexdigest() == "578f7ab0119189d9"
