from hypothesis import given
from hypothesis import strategies as st

from streams.index.expiry import Expiries


def test_a_name_is_due_at_its_moment_and_not_before() -> None:
    expiries = Expiries()
    expiries.add(5, "a")
    assert list(expiries.due(4)) == []
    assert list(expiries.due(5)) == ["a"]
    assert list(expiries.due(5)) == []


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_whatever_the_order_each_is_due_once(moments: list[int], limits: list[int]) -> None:
    expiries = Expiries()
    for i, moment in enumerate(moments):
        expiries.add(moment, str(i))
    seen: list[str] = []
    for limit in [*limits, 9]:
        due = list(expiries.due(limit))
        assert all(moments[int(name)] <= limit for name in due)
        seen += due
        assert all(str(i) in seen for i, moment in enumerate(moments) if moment <= limit)
    assert sorted(seen) == sorted(map(str, range(len(moments))))
