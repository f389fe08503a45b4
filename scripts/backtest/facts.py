"""A row of a history -> the facts of an application, as the edge would have made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, get_args
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from models.events import Channel, Gps, Product
from models.facts import ApplicationFacts, DeviceFacts, Extra, Identifier, IdentifierKind, IdentityFacts, PlaceFacts
from models.identifiers import RawKind, Tokeniser
from models.identity import NormalApplicant, identity_facts
from models.ip_addresses import read_ip
from models.places import place_facts
from scripts.backtest.identifiers import is_telling, spelling
from scripts.backtest.mapping import HistoryMapping

APPLICANT_KINDS: tuple[RawKind, ...] = ("id_number", "bank_card", "phone", "email", "face_id", "device_id")
"""Whose token is the applicant's: the first of these that the row has; a row without any is a stranger's."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_IDENTITY = IdentityFacts()
_TELLING: tuple[RawKind, ...] = ("id_number", "phone", "email", "bank_card")
"""Kinds that `IdentityFacts` are derived from."""
_REMEMBERED = 65_536

Row = Sequence[Any]


class FactsOfRows:
    """Makes facts of rows whose values stand in the order of `columns`."""

    def __init__(self, mapping: HistoryMapping, columns: Sequence[str], seed: int) -> None:
        """Tokens are of this run alone: their key is derived from `seed`."""
        self._zone = ZoneInfo(mapping.event.timezone)
        self._tokeniser = Tokeniser(sha256(f"tidegate backtest {seed}".encode()).digest())
        at = {name: position for position, name in enumerate(columns)}
        self._row, self._time = at["row"], at["event.time"]
        self._amount, self._term = at.get("event.amount_cny"), at.get("event.term_months")
        self._lat, self._lon = at.get("event.lat"), at.get("event.lon")
        self._kinds = [(kind, at[f"identifiers.{kind}"]) for kind in mapping.kinds()]
        self._merchant, self._store, self._rep = (
            at.get(f"identifiers.{kind}") for kind in ("merchant_id", "store_id", "sales_rep_id")
        )
        self._telling = [(kind, position) for kind, position in self._kinds if kind in _TELLING]
        self._ip = at.get("identifiers.ip")
        self._words = [
            (field, column, at[f"event.{field}"])
            for field, column in (("channel", mapping.event.channel), ("product", mapping.event.product))
            if column is not None
        ]
        self._numeric = [(name, at[f"extra.numeric:{name}"]) for name in mapping.extra.numeric]
        self._categorical = [(name, at[f"extra.categorical:{name}"]) for name in mapping.extra.categorical]
        self._identifier: Callable[[RawKind, str], Identifier | None] = lru_cache(_REMEMBERED)(self._identifier_of)
        self._told: Callable[[RawKind, str], str | None] = lru_cache(_REMEMBERED)(_told)

    def facts(self, row: Row) -> ApplicationFacts:
        """The facts of one row. Its number is the application's id, for ids of a history need not be unique."""
        occurred_at = _EPOCH + timedelta(milliseconds=row[self._time])
        local = occurred_at.astimezone(self._zone)
        name = str(row[self._row])
        place = self._place(row)
        identifiers = self._identifiers(row, place)
        words, extra = self._words_and_extra(row)
        amount, term = _at(row, self._amount), _at(row, self._term)
        return ApplicationFacts(
            event_id=name,
            application_id=name,
            occurred_at=occurred_at,
            local_minute=local.hour * 60 + local.minute,
            local_weekday=local.weekday(),
            channel=words.get("channel"),
            product=words.get("product"),
            amount_cny=amount,
            term_months=None if term is None else round(term),
            applicant_token=self._applicant(identifiers, name),
            merchant_id=_at(row, self._merchant),
            store_id=_at(row, self._store),
            sales_rep_id=_at(row, self._rep),
            identifiers=identifiers,
            identity=self._identity(row, local.date()) if self._telling else _NO_IDENTITY,
            device=_device(row[self._ip]) if self._ip is not None else None,
            place=place,
            extra=extra,
        )

    def _identifiers(self, row: Row, place: PlaceFacts | None) -> list[Identifier]:
        found: list[Identifier] = []
        for kind, position in self._kinds:
            value = row[position]
            if value is not None and (identifier := self._identifier(kind, value)) is not None:
                found.append(identifier)
        if self._ip is not None and (block := _ip_block(row[self._ip])) is not None:
            found.append(self._derived("ip_block", block))
        if place is not None and place.gps_cell is not None:
            found.append(self._derived("gps_cell", place.gps_cell))
        if place is not None and place.gps_area is not None:
            found.append(self._derived("gps_area", place.gps_area))
        return found

    def _identifier_of(self, kind: RawKind, raw: str) -> Identifier | None:
        value = spelling(kind, raw)
        return None if value is None else Identifier(kind, self._tokeniser.token(kind, value))

    def _derived(self, kind: IdentifierKind, value: str) -> Identifier:
        return Identifier(kind, self._tokeniser.recurring_token(kind, value))

    def _applicant(self, identifiers: Sequence[Identifier], name: str) -> str:
        tokens = {identifier.kind: identifier.token for identifier in identifiers}
        for kind in APPLICANT_KINDS:
            if kind in tokens:
                return tokens[kind]
        return self._tokeniser.token("id_number", f"row {name}")

    def _identity(self, row: Row, today: date) -> IdentityFacts:
        """What identifiers tell that are what they are called; of a code that stands for one, nothing is known."""
        values: dict[str, str | None] = dict.fromkeys(_TELLING)
        for kind, position in self._telling:
            if row[position] is not None:
                values[kind] = self._told(kind, row[position])
        if not any(values.values()):
            return _NO_IDENTITY
        normal = NormalApplicant(
            id_number=values["id_number"],
            phone=values["phone"],
            name=None,
            bank_card=values["bank_card"],
            email=values["email"],
            address=None,
            employer=None,
            employer_phone=None,
            contact_phones=[],
            contact_names=[],
        )
        facts = identity_facts(normal, None, today)
        return facts if normal.phone is not None else replace(facts, phone_valid=None)

    def _place(self, row: Row) -> PlaceFacts | None:
        lat, lon = _at(row, self._lat), _at(row, self._lon)
        return None if lat is None or lon is None else place_facts(Gps(lat=lat, lon=lon), None)

    def _words_and_extra(self, row: Row) -> tuple[dict[str, Any], Extra | None]:
        """Channel and product as the contract has them; any other word there is one more categorical column."""
        words: dict[str, Any] = {}
        categorical = {name: row[position] for name, position in self._categorical}
        for field, column, position in self._words:
            value = row[position]
            if value in _KNOWN_WORDS[field]:
                words[field] = value
                categorical.setdefault(column, None)
            else:
                categorical[column] = value
        if not categorical and not self._numeric:
            return words, None
        return words, Extra(numeric={name: row[position] for name, position in self._numeric}, categorical=categorical)


_KNOWN_WORDS: dict[str, tuple[str, ...]] = {"channel": get_args(Channel), "product": get_args(Product)}


def _told(kind: RawKind, raw: str) -> str | None:
    """The spelling of a value that is itself what its kind says."""
    return spelling(kind, raw) if is_telling(kind, raw) else None


def _at(row: Row, position: int | None) -> Any:
    return None if position is None else row[position]


def _device(ip: str | None) -> DeviceFacts | None:
    facts = None if ip is None else read_ip(ip)
    return None if facts is None else DeviceFacts(ip_private=facts.private, ip_version=facts.version)


def _ip_block(ip: str | None) -> str | None:
    facts = None if ip is None else read_ip(ip)
    return None if facts is None else facts.block
