"""Kafka's produce request, put together once.

aiokafka 0.14 joins it level by level, and copies all records of the request at each of six. A hundred decisions are a
megabyte, for which the system maps and clears fresh memory every time (docs/adr/0026).
`tests/streams/test_produce_codec.py` compares with aiokafka's own, byte by byte.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

from aiokafka.protocol.produce import ProduceRequest_v7

from streams.fetch_codec import kafka_string

_HEAD = Struct(">hii")
"""Acknowledgements wanted, deadline, number of topics."""
_RECORDS = Struct(">ii")
"""Partition, size of its records."""
_LENGTH = Struct(">i")
_NONE = b"\xff\xff"
"""Length of a text that is none."""


def use_fast_produce_codec() -> None:
    """Make every aiokafka producer of this process use it. Calling it again changes nothing."""
    ProduceRequest_v7.encode = encode_request


def encode_request(request: Any) -> bytes:
    """The request as aiokafka would encode it."""
    transaction = request.transactional_id
    parts = [_NONE if transaction is None else kafka_string(transaction)]
    parts.append(_HEAD.pack(request.required_acks, request.timeout, len(request.topics)))
    for topic, partitions in request.topics:
        parts += [kafka_string(topic), _LENGTH.pack(len(partitions))]
        for partition, records in partitions:
            parts += [_RECORDS.pack(partition, len(records)), records]
    return b"".join(parts)
