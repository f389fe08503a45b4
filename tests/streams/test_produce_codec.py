"""The fast codec against aiokafka's own."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.protocol.produce import ProduceRequest, ProduceRequest_v7
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from streams.produce_codec import encode_request, use_fast_produce_codec
from streams.topics import create_or_check

int16 = st.integers(-(2**15), 2**15 - 1)
int32 = st.integers(-(2**31), 2**31 - 1)
names = st.text(max_size=20)
records = st.binary() | st.builds(bytearray, st.binary())
requests = st.builds(
    ProduceRequest,
    st.none() | names,
    int16,
    int32,
    st.lists(st.tuples(names, st.lists(st.tuples(int32, records), max_size=4)), max_size=4),
)


@given(requests)
def test_a_request_is_encoded_as_aiokafka_does(request: ProduceRequest) -> None:
    made = request.build(ProduceRequest_v7)
    assert encode_request(made) == ProduceRequest_v7.SCHEMA.encode([getattr(made, name) for name in made.SCHEMA.names])


async def test_aiokafka_publishes_with_it_once_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProduceRequest_v7, "encode", ProduceRequest_v7.encode)  # put back afterwards
    use_fast_produce_codec()
    use_fast_produce_codec()
    assert ProduceRequest_v7.encode is encode_request
    await create_or_check(settings, create=True)
    topic = settings.topic("decisions")
    options = {"bootstrap_servers": settings.bootstrap}
    async with AIOKafkaProducer(**options) as producer:
        await producer.send_and_wait(topic, b"value", key=b"key", partition=1)
    async with AIOKafkaConsumer(**options, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 1)])
        record = await consumer.getone()
    assert (record.key, record.value) == (b"key", b"value")
