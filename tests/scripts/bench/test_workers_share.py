"""When workers share the load, by what their health endpoints say."""

import pytest

from scripts.bench.sections.workers import Readiness, are_shared

TOPICS = {"applications": 0, "labels": 3}


@pytest.mark.parametrize(
    ("group", "shared"),
    [
        ([Readiness(24, TOPICS)], True),
        ([Readiness(12, TOPICS), Readiness(12, TOPICS)], True),
        ([Readiness(24, TOPICS), Readiness()], False),  # the second has not joined
        ([Readiness(24, TOPICS), Readiness(12, TOPICS)], False),  # the first has not noticed yet
        ([Readiness(12, TOPICS), Readiness(11, TOPICS)], False),
        ([Readiness(18, TOPICS), Readiness(6, {"labels": 3})], False),  # one would decide nothing
        ([Readiness()], False),
    ],
)
def test_each_has_a_part_and_together_they_have_all_once(group: list[Readiness], shared: bool) -> None:
    assert are_shared(group, partitions=12) is shared
