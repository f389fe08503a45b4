"""What aiokafka's fetcher does next, found out without going through all partitions two or three times a batch.

aiokafka 0.14 looks at every partition whenever records have come, been taken, or anything else has happened; nearly
always it finds that brokers are busy, or that all partitions are to be fetched from where they are. Those two are found
out here; whatever is not as usual is left to aiokafka. `tests/streams/test_fetch_rounds.py` compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aiokafka.protocol.fetch import FetchRequest

Actions = tuple[Iterable[tuple[int, FetchRequest]], dict[int, Any], float, bool, list[Any]]
"""Fetch requests by broker, partitions to be reset by broker, longest wait, whether metadata is out of date, partitions
that may be resumed."""


def shorten_rounds(fetcher: Any) -> None:
    """Let aiokafka's fetcher go through its partitions only when there is something to do."""
    look_at_all = fetcher._get_actions_per_node

    def actions(assignment: Any) -> Actions:
        waits_s = _waits_s(fetcher)
        if waits_s is not None:
            return (), {}, waits_s, False, []
        requests = _everything(fetcher, assignment)
        if requests is not None:
            return requests, {}, fetcher._fetcher_timeout, False, []
        found: Actions = look_at_all(assignment)
        return found

    fetcher._get_actions_per_node = actions


def _waits_s(fetcher: Any) -> float | None:
    """How long to wait, when every broker is being asked or has given what is not taken yet; else None. What else there
    may be to do for a broker is done after that."""
    backoffs: dict[int, float] = {}
    for partition, records in fetcher._records.items():
        backoff_s = records.calculate_backoff()
        if backoff_s:
            broker = fetcher._select_read_replica(partition)
            backoffs[broker] = max(backoff_s, backoffs.get(broker, 0.0))
    busy = fetcher._in_flight | backoffs.keys()
    if not busy or any(broker.nodeId not in busy for broker in fetcher._client.cluster.brokers()):
        return None
    return min(backoffs.values(), default=fetcher._fetcher_timeout)


def _everything(fetcher: Any, assignment: Any) -> list[tuple[int, FetchRequest]] | None:
    """Requests for all partitions from where they are; None when some are to be left out, or otherwise unusual."""
    if fetcher._records or fetcher._in_flight or fetcher._client_rack:
        return None
    leader_of, most = fetcher._client.cluster.leader_for_partition, fetcher._max_partition_fetch_bytes
    wanted: defaultdict[int, defaultdict[str, list[tuple[int, int, int]]]] = defaultdict(lambda: defaultdict(list))
    for partition, state in assignment._tp_state.items():
        leader = leader_of(partition)
        if leader is None or leader == -1 or state._position is None or state._paused:
            return None
        wanted[leader][partition.topic].append((partition.partition, state._position, most))
    limits = fetcher._fetch_max_wait_ms, fetcher._fetch_min_bytes, fetcher._fetch_max_bytes, fetcher._isolation_level
    return [(leader, FetchRequest(*limits, list(topics.items()))) for leader, topics in wanted.items()]
