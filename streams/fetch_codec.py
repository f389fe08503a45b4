"""Kafka's fetch request and response, encoded and decoded in a few calls of `struct`.

aiokafka 0.14 does it field by field in Python. A worker's requests name every partition it has, 84 by default, and so
does every response, once for each arrival of records: that was a tenth of what a batch of one cost (docs/adr/0013).
`tests/streams/test_fetch_codec.py` compares with aiokafka's own, byte by byte.
"""

from __future__ import annotations

from io import BytesIO
from struct import Struct, error
from typing import Any

from aiokafka.protocol.fetch import FetchRequest_v11, FetchResponse_v11

_REQUEST = Struct(">iiiibiii")
"""Replica, longest wait, least bytes, most bytes, isolation level, session, its epoch, number of topics."""
_REQUEST_PARTITION = Struct(">iiqqi")
"""Number, leader's epoch, offset, first offset of the log, most bytes."""
_RESPONSE = Struct(">ihii")
"""Throttled for, error, session, number of topics."""
_RESPONSE_PARTITION = Struct(">ihqqqi")
"""Number, error, high water mark, last stable offset, first offset of the log, number of aborted transactions."""
_RESPONSE_RECORDS = Struct(">ii")
"""Preferred replica, size of the records."""
_USUAL_PARTITION = Struct(">ihqqqiii")
"""Both, when there is no aborted transaction between them."""
_ABORTED = Struct(">qq")
_LENGTH = Struct(">i")
_NAME_LENGTH = Struct(">h")
_NONE = -1
"""As a length: there is nothing, not even an empty list."""


def use_fast_fetch_codec() -> None:
    """Make every aiokafka consumer of this process use it. Calling it again changes nothing."""
    FetchRequest_v11.encode = encode_request
    FetchResponse_v11.decode = classmethod(decode_response)


def encode_request(request: Any) -> bytes:
    """The request as aiokafka would encode it."""
    head = request.replica_id, request.max_wait_time, request.min_bytes, request.max_bytes, request.isolation_level
    parts = [_REQUEST.pack(*head, request.session_id, request.session_epoch, len(request.topics))]
    for topic, partitions in request.topics:
        parts += [kafka_string(topic), _LENGTH.pack(len(partitions))]
        parts += [_REQUEST_PARTITION.pack(*partition) for partition in partitions]
    parts.append(_LENGTH.pack(len(request.forgotten_topics_data)))
    for topic, numbers in request.forgotten_topics_data:
        parts += [kafka_string(topic), _LENGTH.pack(len(numbers)), *map(_LENGTH.pack, numbers)]
    parts.append(kafka_string(request.rack_id))
    return b"".join(parts)


def decode_response(response_type: Any, data: BytesIO | bytes) -> Any:
    """The response as aiokafka would decode it. Raises ValueError when it ends too early."""
    # What `read` gives would be a copy, of a megabyte and more where there is much to read
    raw, at = (data, 0) if isinstance(data, bytes) else (data.getvalue(), data.tell())
    try:
        return response_type(*_response(raw, at))
    except error as cause:
        raise ValueError(f"a fetch response of {len(raw)} bytes: {cause}") from cause


def _response(raw: bytes, at: int) -> tuple[int, int, int, list[tuple[str, list[tuple[Any, ...]]]]]:
    throttled_ms, code, session, topic_count = _RESPONSE.unpack_from(raw, at)
    at += _RESPONSE.size
    topics = []
    for _ in range(topic_count):
        (length,) = _NAME_LENGTH.unpack_from(raw, at)
        at += _NAME_LENGTH.size + length
        name = raw[at - length : at]
        (partition_count,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size
        partitions = []
        for _ in range(partition_count):
            partition, at = _partition(raw, at)
            partitions.append(partition)
        topics.append((name.decode(), partitions))
    if at > len(raw):
        raise error(f"{at} were to be expected")
    return throttled_ms, code, session, topics


def _partition(raw: bytes, at: int) -> tuple[tuple[Any, ...], int]:
    """The partition that begins there, and where it ends."""
    *head, aborted_count, replica, size = _USUAL_PARTITION.unpack_from(raw, at)
    aborted: list[tuple[int, int]] | None = None if aborted_count == _NONE else []
    if aborted_count > 0:
        begin = at + _RESPONSE_PARTITION.size
        end = begin + aborted_count * _ABORTED.size
        aborted = list(_ABORTED.iter_unpack(raw[begin:end]))
        replica, size = _RESPONSE_RECORDS.unpack_from(raw, end)
        at = end + _RESPONSE_RECORDS.size
    else:
        at += _USUAL_PARTITION.size
    records = None if size == _NONE else raw[at : at + size]
    return (*head, aborted, replica, records), at + max(0, size)


def kafka_string(text: str) -> bytes:
    """As Kafka's requests have text: its length, then UTF-8."""
    encoded = text.encode()
    return _NAME_LENGTH.pack(len(encoded)) + encoded
