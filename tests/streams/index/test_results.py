from hypothesis import given
from hypothesis import strategies as st

from streams.index.protocol import StoredResult
from streams.index.results import restore, shrink

BYTES = st.binary(max_size=2_000)


@given(decision=BYTES, alerts=st.lists(st.tuples(BYTES, st.booleans()), max_size=5), audit=st.none() | BYTES)
def test_a_stored_result_comes_back_with_the_alerts_its_event_has_claimed(
    decision: bytes, alerts: list[tuple[bytes, bool]], audit: bytes | None
) -> None:
    claims = bytes([len(alerts)]) + b"".join(b"1" if claimed else b"0" for _, claimed in alerts)
    stored = claims + shrink(StoredResult(decision, [alert for alert, _ in alerts], b"not stored here"))
    assert restore(stored, audit) == StoredResult(decision, [alert for alert, claimed in alerts if claimed], audit)


def test_what_decisions_have_in_common_is_not_stored_again() -> None:
    decision = (
        b'{"decision_id":"d-4711","application_id":"A-1","event_id":"e-1","decided_at":"2026-11-24T02:15:30.131Z",'
        b'"decision":"review","fraud_score":0.4312,"scores":{"bureau":71,"transaction":64,"behaviour":80,"other":null},'
        b'"reasons":[{"code":"DEVICE_MANY_IDENTITIES","effect":"review","detail":{"identities":4,"window":"7d"}}],'
        b'"missing":["credit.other"],"degraded":[],"latency_ms":3.4,"applicant_token":"KwM8zbIL43hZtsf7b_dtFg"}'
    )
    assert len(shrink(StoredResult(decision, [], None))) < 0.4 * len(decision)
