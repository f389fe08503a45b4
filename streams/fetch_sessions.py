"""Incremental fetch sessions (KIP-227): the broker remembers what it was asked for, so that a request names only the
partitions that have changed since the last one, and a response only those with something new.

aiokafka 0.14 asks for every partition every time. A worker has 84, and all but a few of them are idle: naming them all,
finding nothing in them and being told so was most of what a fetch cost, here and in the broker (docs/adr/0026).
`tests/streams/test_fetch_sessions.py` fails when aiokafka's inside changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v11

_NEW = 0
"""Epoch that begins a session."""
_LAST_EPOCH = 2**31 - 1

Wanted = tuple[int, int, int]
"""Partition, offset, most bytes."""


class FetchSession:
    """What one broker knows of what we want from it."""

    def __init__(self) -> None:
        self._id = 0
        self._epoch = _NEW
        self._known: dict[tuple[str, int], Wanted] = {}

    def request(self, whole: FetchRequest) -> FetchRequest:
        """The request to be sent in place of one that names everything."""
        request = _SessionRequest.__new__(_SessionRequest)
        request.__dict__ |= whole.__dict__
        request.session = self
        return request

    def ask(self, topics: Iterable[tuple[str, list[Wanted]]]) -> tuple[int, int, Any, Any]:
        """The session and its epoch; by topic the partitions to be named, and those that are not wanted any more. From
        now on the broker is taken to know all that."""
        wanted = {(topic, each[0]): each for topic, partitions in topics for each in partitions}
        known = {} if self._epoch == _NEW else self._known
        named = [(topic, each) for (topic, _), each in wanted.items() if known.get((topic, each[0])) != each]
        forgotten = [place for place in known if place not in wanted]
        self._known = wanted
        return self._id, self._epoch, _by_topic(named), _by_topic(forgotten)

    def answered(self, response: Any) -> None:
        """The broker has answered what was asked last."""
        if response.error_code or not response.session_id:
            self.lost()
        else:
            self._id = response.session_id
            self._epoch = self._epoch % _LAST_EPOCH + 1

    def lost(self) -> None:
        """Nobody knows what the broker knows: the next request names everything, and ends what there is."""
        self._epoch = _NEW


class _SessionRequest(FetchRequest):  # type: ignore[misc]  # aiokafka has no types
    """A fetch request within a session."""

    session: FetchSession

    def build(self, request_struct_class: Any) -> Any:
        if request_struct_class is not FetchRequest_v11:
            return super().build(request_struct_class)
        session_id, epoch, topics, forgotten = self.session.ask(self._topics)
        named = [
            (topic, [(partition, -1, offset, -1, most) for partition, offset, most in partitions])
            for topic, partitions in topics
        ]
        limits = self._max_wait_ms, self._min_bytes, self._max_bytes, self._isolation_level
        return FetchRequest_v11(-1, *limits, session_id, epoch, named, forgotten, self._rack_id)


class _SessionClient:
    """An aiokafka client that keeps fetch sessions."""

    def __init__(self, client: Any) -> None:
        self.cluster = client.cluster
        self._client = client
        self._sessions: defaultdict[int, FetchSession] = defaultdict(FetchSession)
        self._assignment: Any = None
        self._untold: set[Any] = set()
        """Partitions of which it is not known yet where they end."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def serve(self, assignment: Any) -> None:
        """Fetch for this assignment. Of a new one's partitions nothing is known here, not even where they end."""
        if assignment is not self._assignment:
            self._assignment, self._untold = assignment, set(assignment.tps)
            for session in self._sessions.values():
                session.lost()

    def served(self, broker: int, topics: Iterable[tuple[str, list[Wanted]]]) -> None:
        """The broker has answered for these topics. aiokafka leaves out what it is told of a partition whose position
        has changed meanwhile, and the broker does not tell twice what it takes for known: it is to forget."""
        if not self._untold:
            return
        states = {place: self._assignment.state_value(place) for place in self._untold}
        self._untold = {place for place, state in states.items() if state.highwater is None}
        if any((topic, each[0]) in self._untold for topic, partitions in topics for each in partitions):
            self._sessions[broker].lost()

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        if not isinstance(request, FetchRequest):
            return await self._client.send(node_id, request, **options)
        session = self._sessions[node_id]
        try:
            response = await self._client.send(node_id, session.request(request), **options)
        except BaseException:
            session.lost()
            raise
        if isinstance(response, FetchRequest_v11.RESPONSE_TYPE):
            session.answered(response)
        return response


def keep_sessions(fetcher: Any) -> None:
    """Let aiokafka's fetcher fetch in sessions."""
    client = fetcher._client = _SessionClient(fetcher._client)
    fetch = fetcher._proc_fetch_request

    async def in_session(assignment: Any, broker: int, request: Any) -> bool:
        client.serve(assignment)
        records: bool = await fetch(assignment, broker, request)
        client.served(broker, request.topics)
        return records

    fetcher._proc_fetch_request = in_session


def _by_topic(places: Iterable[tuple[str, Any]]) -> list[tuple[str, list[Any]]]:
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for topic, each in places:
        grouped[topic].append(each)
    return list(grouped.items())
