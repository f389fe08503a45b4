"""Bytes <-> records. What comes in is checked once, here, by the contract's types; a mistake is named by its field.

The fast path decodes and checks in one pass. A record that fails it, if only by a field that is unknown to us, is
parsed again without a type: unknown fields are set aside, then the rest is checked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Struct
from msgspec.inspect import ListType, StructType, UnionType

from models.dead_letter import WHOLE_RECORD, ErrorCode
from models.events import EVENT_TYPES, Event
from streams import untyped_json

MAX_EVENT_BYTES = 64 * 1024
"""A record that comes in may be this large."""
MAX_AHEAD = timedelta(minutes=5)
"""How far event time may be ahead of the worker's clock."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Event time before this is a mistake of the sender's, and has no milliseconds since the epoch."""

R = TypeVar("R")
E = TypeVar("E", bound=Event)

_encoder = msgspec.json.Encoder()


class InvalidRecord(Exception):  # noqa: N818 - it is data on its way to a dead letter
    """A record that cannot be accepted. Its message holds no value of the record.

    code: of the contract's dead letters.
    path: the field, as in `applicant.contacts[1].phone`; `$` is the record as a whole.
    """

    def __init__(self, code: ErrorCode, path: str, message: str) -> None:
        super().__init__(f"{code} at {path}: {message}")
        self.code: ErrorCode = code
        self.path = path
        self.message = message


class Decoded(Struct, Generic[R], frozen=True):
    """A record that was accepted, and what of it is unknown to us."""

    record: R
    unknown: tuple[str, ...] = ()
    """Paths of the fields that were ignored, sorted, without list positions. A name that is no plain identifier stands
    as `?`, because it may be personal data."""


class RecordDecoder(Generic[E]):
    """Decodes the records of one topic."""

    def __init__(self, record_type: type[E]) -> None:
        self._type = record_type
        self._decoder = msgspec.json.Decoder(record_type)
        self._shape = _shape(cast(StructType, msgspec.inspect.type_info(record_type)))

    def __call__(self, raw: bytes | None, now: datetime) -> Decoded[E]:
        """The record in `raw` (the value of a Kafka record), or InvalidRecord. `now` is aware."""
        if not raw:
            raise InvalidRecord("not_json", WHOLE_RECORD, "There is no value")
        if len(raw) > MAX_EVENT_BYTES:
            raise InvalidRecord("too_large", WHOLE_RECORD, f"{len(raw)} bytes, {MAX_EVENT_BYTES} are allowed")
        try:
            decoded = Decoded(self._decoder.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decoded = self._decode_leniently(raw)
        _check_time(decoded.record.occurred_at, now)
        return decoded

    def _decode_leniently(self, raw: bytes) -> Decoded[E]:
        try:
            tree = untyped_json.parse(raw)
        except untyped_json.NotJsonError as error:
            raise InvalidRecord("not_json", WHOLE_RECORD, str(error)) from None
        except untyped_json.NotFiniteError as error:
            raise InvalidRecord("invalid_field", error.path, "Not a finite number") from None
        if not isinstance(tree, dict):
            raise InvalidRecord("not_an_object", WHOLE_RECORD, "The record is not a JSON object")
        unknown: set[str] = set()
        _drop_unknown(tree, self._shape, "", unknown)
        try:
            record = msgspec.convert(tree, self._type)
        except msgspec.ValidationError as error:
            raise _invalid_field(error) from None
        return Decoded(record, tuple(sorted(unknown)))


def encode(record: Struct) -> bytes:
    """The record as UTF-8 JSON. Times that are in UTC, as all of ours are, end in `Z`."""
    return _encoder.encode(record)


def _check_time(occurred_at: datetime, now: datetime) -> None:
    if occurred_at - now > MAX_AHEAD:
        raise InvalidRecord("clock_ahead", "occurred_at", "More than 5 minutes ahead of the worker's clock")
    if occurred_at < EARLIEST:
        raise InvalidRecord("invalid_field", "occurred_at", "Before 1970")


class _Shape(Struct, frozen=True):
    """What a Struct's JSON object looks like."""

    fields: frozenset[str]
    nested: dict[str, _Shape]
    """Of the fields that are Structs, or lists of Structs: their shape."""


def _shape(info: StructType) -> _Shape:
    nested = {field.encode_name: _nested_shape(field.type) for field in info.fields}
    return _Shape(frozenset(nested), {name: shape for name, shape in nested.items() if shape is not None})


def _nested_shape(info: msgspec.inspect.Type) -> _Shape | None:
    """The shape of the Struct in a field's type, if there is one."""
    match info:
        case StructType():
            return _shape(info)
        case ListType():
            return _nested_shape(info.item_type)
        case UnionType():
            return next((shape for each in info.types if (shape := _nested_shape(each)) is not None), None)
        case _:
            return None


def _drop_unknown(value: Any, shape: _Shape, path: str, unknown: set[str]) -> None:
    """Take the fields that `shape` does not have out of `value`, in place; their paths go to `unknown`."""
    if isinstance(value, list):
        for each in value:
            _drop_unknown(each, shape, path, unknown)
    elif isinstance(value, dict):
        for name in value.keys() - shape.fields:
            del value[name]
            unknown.add(path + untyped_json.plain_name(name))
        for name, inner in shape.nested.items():
            if name in value:
                _drop_unknown(value[name], inner, f"{path}{name}.", unknown)


_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]*)`$")
_CONDITION = re.compile(r"^(?P<field>\w+): (?P<what>.*)$")
_WITHOUT_VALUES = ("Expected ", "Invalid RFC3339", "Number out of range", "Integer value out of range")


def _invalid_field(error: msgspec.ValidationError) -> InvalidRecord:
    """msgspec's error by our codes. Its messages may quote the value, so only kinds known not to are passed on."""
    where = _WHERE.match(str(error))
    what, path = (where["what"], where["path"] or "") if where else ("", "")
    if missing := _MISSING.match(what):
        return InvalidRecord("missing_field", _join(path, missing["field"]), "A required field is missing")
    condition = _CONDITION.match(what) if isinstance(error.__cause__, ValueError) else None
    if condition:  # a Struct's own check, always of a field that another one makes necessary
        return InvalidRecord("missing_field", _join(path, condition["field"]), condition["what"])
    if what.startswith("Invalid enum value"):
        what = "None of the values that the contract lists"
    elif not what.startswith(_WITHOUT_VALUES):
        what = "Not as the contract says"
    return InvalidRecord("invalid_field", path or WHOLE_RECORD, what)


def _join(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


_DECODERS: dict[str, RecordDecoder[Any]] = {topic: RecordDecoder(kind) for topic, kind in EVENT_TYPES.items()}


def decode(topic: str, raw: bytes | None, now: datetime) -> Decoded[Event]:
    """The record in `raw`, the value of a Kafka record on `topic` (the contract's name, without prefix).

    `now` is the worker's clock, aware. Raises InvalidRecord for anything that the contract does not allow, and nothing
    else whatever the bytes are; KeyError for a topic that is none of the contract's topics in.
    """
    return _DECODERS[topic](raw, now)
