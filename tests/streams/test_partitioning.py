"""Keys are put where every Kafka client puts them, many at once as one by one."""

from __future__ import annotations

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from streams.partitioning import TOGETHER_MIN, partitions_of


@given(
    keys=st.lists(st.binary(max_size=12), max_size=20),
    like=st.integers(0, 9).flatmap(
        lambda length: st.lists(
            st.binary(min_size=length, max_size=length), min_size=TOGETHER_MIN, max_size=2 * TOGETHER_MIN
        )
    ),
    number=st.integers(1, 40),
)
def test_many_keys_go_where_each_would_by_itself(keys: list[bytes], like: list[bytes], number: int) -> None:
    numbers, asked = tuple(range(number)), [*like, *keys, *like]
    partition = DefaultPartitioner()
    assert partitions_of(asked, numbers) == [partition(key, numbers, numbers) for key in asked]


def test_the_hash_is_that_of_kafkas_own_clients() -> None:
    """Of Kafka's `UtilsTest.testMurmur2`: 21 and foobar."""
    for key, value in ((b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)):
        assert partitions_of([key] * TOGETHER_MIN, tuple(range(1_000)))[0] == (value & 0x7FFFFFFF) % 1_000
