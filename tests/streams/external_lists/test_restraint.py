"""The breaker and the retry budget, at their thresholds."""

from models.facts import Identifier
from streams.external_lists.cache import AnswerCache
from streams.external_lists.restraint import OPEN_AFTER, PROBE_AFTER_S, RETRIES_SAVED, RetryBudget, ServiceBreaker


def test_one_probe_goes_through_and_a_failure_begins_the_wait_anew() -> None:
    breaker = ServiceBreaker()
    for _ in range(OPEN_AFTER):
        assert breaker.lets_through(10.0)
        breaker.failed(10.0)
    assert not breaker.lets_through(10.0 + PROBE_AFTER_S - 0.001)
    assert breaker.lets_through(10.0 + PROBE_AFTER_S)
    assert not breaker.lets_through(10.0 + PROBE_AFTER_S)
    breaker.failed(20.0)
    assert not breaker.lets_through(20.0 + PROBE_AFTER_S - 0.001)
    assert breaker.lets_through(20.0 + PROBE_AFTER_S)


def test_failures_count_only_in_a_row() -> None:
    breaker = ServiceBreaker()
    for _ in range(3):
        for _ in range(OPEN_AFTER - 1):
            breaker.failed(0.0)
        breaker.answered()
    assert breaker.state == "closed"


def test_a_quiet_time_saves_up_a_few_retries_and_no_more() -> None:
    budget = RetryBudget()
    for _ in range(10_000):
        budget.first_try()
    assert [budget.takes_one() for _ in range(int(RETRIES_SAVED) + 1)] == [True] * int(RETRIES_SAVED) + [False]


def test_the_cache_forgets_what_was_least_used() -> None:
    cache = AnswerCache(60.0, answers_max=2)
    one, two, three = (Identifier("phone", name) for name in ("1", "2", "3"))
    cache.put(one, [], 0.0)
    cache.put(two, [], 0.0)
    assert cache.get(one, 1.0) == []
    cache.put(three, [], 1.0)
    assert [cache.get(each, 2.0) for each in (one, two, three)] == [[], None, []]
