"""The fast codec against aiokafka's own."""

from __future__ import annotations

from importlib.metadata import version
from io import BytesIO
from typing import Any

import pytest
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v11, FetchResponse_v11
from aiokafka.protocol.struct import Struct
from hypothesis import given
from hypothesis import strategies as st

from streams.fetch_codec import decode_response, encode_request, use_fast_fetch_codec

int16 = st.integers(-(2**15), 2**15 - 1)
int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)
names = st.text(max_size=20)


def of_topics(partitions: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[str, list[Any]]]]:
    return st.lists(st.tuples(names, st.lists(partitions, max_size=4)), max_size=4)


requested = st.builds(
    FetchRequest, int32, int32, int32, st.integers(0, 1), of_topics(st.tuples(int32, int64, int32)), rack_id=names
)
aborted = st.none() | st.lists(st.tuples(int64, int64), max_size=3)
received = st.tuples(
    int32,
    int16,
    int32,
    of_topics(st.tuples(int32, int16, int64, int64, int64, aborted, int32, st.none() | st.binary())),
)


def test_aiokafka_is_the_version_whose_messages_are_known() -> None:
    assert version("aiokafka").startswith("0.14.")


@given(requested)
def test_a_request_is_encoded_as_aiokafka_does(request: FetchRequest) -> None:
    made = request.build(FetchRequest_v11)
    assert encode_request(made) == FetchRequest_v11.SCHEMA.encode([getattr(made, name) for name in made.SCHEMA.names])


@given(requested, of_topics(int32))
def test_so_is_one_that_forgets_partitions(request: FetchRequest, forgotten: list[tuple[str, list[Any]]]) -> None:
    made = request.build(FetchRequest_v11)
    made.forgotten_topics_data = forgotten
    assert encode_request(made) == FetchRequest_v11.SCHEMA.encode([getattr(made, name) for name in made.SCHEMA.names])


@given(received)
def test_a_response_is_decoded_as_aiokafka_encodes_it(response: tuple[Any, ...]) -> None:
    raw = FetchResponse_v11.SCHEMA.encode(response)
    by_aiokafka = Struct.decode.__func__(FetchResponse_v11, raw)
    for data in (raw, BytesIO(raw)):
        assert decode_response(FetchResponse_v11, data) == by_aiokafka


@given(received, st.data())
def test_a_response_that_ends_too_early_is_refused(response: tuple[Any, ...], data: st.DataObject) -> None:
    raw = FetchResponse_v11.SCHEMA.encode(response)
    with pytest.raises(ValueError, match=r"fetch response|codec"):
        decode_response(FetchResponse_v11, raw[: data.draw(st.integers(0, len(raw) - 1))])


def test_a_response_after_its_header_is_decoded_from_there() -> None:
    raw = FetchResponse_v11.SCHEMA.encode((0, 0, 0, [("t", [(1, 0, 5, 5, 0, None, -1, b"records")])]))
    data = BytesIO(b"head" + raw)
    data.read(4)
    assert decode_response(FetchResponse_v11, data).topics == [("t", [(1, 0, 5, 5, 0, None, -1, b"records")])]


def test_aiokafka_uses_it_once_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, kind in (("encode", FetchRequest_v11), ("decode", FetchResponse_v11)):
        monkeypatch.setattr(kind, name, getattr(kind, name))  # put back afterwards
    use_fast_fetch_codec()
    use_fast_fetch_codec()
    assert FetchRequest_v11.encode is encode_request
    assert FetchResponse_v11.decode.__func__ is decode_response
