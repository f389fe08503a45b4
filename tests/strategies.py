"""Hypothesis strategies for tokenised events and what the link index answers: anything that the types allow, within
the bounds that the contract sets and the index keeps."""

from __future__ import annotations

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import h3
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec import Meta, Struct
from msgspec.structs import fields, replace

from models.enrichment import (
    WINDOWS_MS,
    Link,
    ListHit,
    NearCandidate,
    Neighbour,
    Observation,
    PersonCounts,
    Sighting,
    Velocity,
)
from models.entities import DAY_MS, ENTITY_KINDS, EntityProfileOf
from models.facts import ApplicationFacts, Identifier, PlaceFacts
from models.near.form import PARTS_MAX, NearBasis, NearForm
from tests.builders_entities import Past, profile

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
LARGE = 1e12
CELLS = st.builds(lambda lat, lng: str(h3.latlng_to_cell(lat, lng, 9)), st.floats(-90, 90), st.floats(-180, 180))
COUNTS = st.lists(st.integers(0, 2**53), min_size=len(WINDOWS_MS), max_size=len(WINDOWS_MS))
TIMES_MS = st.integers(NOON_MS - 2 * WINDOWS_MS[-1], NOON_MS + 2 * WINDOWS_MS[-1])
KINDS = get_args(get_type_hints(Identifier)["kind"])
TOKENS = st.sampled_from(["t", "u"])

PROFILES = st.lists(
    st.builds(
        Past,
        st.integers(NOON_MS - 100 * DAY_MS, NOON_MS + DAY_MS),
        st.none() | st.floats(0, 1e6),
        st.none() | st.booleans(),
        st.sampled_from(["", "fraud", "honest"]),
    ),
    min_size=1,
    max_size=6,
).map(lambda told: profile(*told))

PARTS = st.lists(st.sampled_from(["aaa", "bbb", "ccc"]), min_size=2, max_size=PARTS_MAX)
NEAR_FORMS = st.tuples(*(st.builds(NearForm, st.just(basis), st.just("a" * 8), PARTS) for basis in get_args(NearBasis)))
"""One of each basis: the index finds entries by no other."""

BOUNDED: dict[tuple[type[Struct], str], SearchStrategy[Any]] = {
    (ApplicationFacts, "amount_cny"): st.none() | st.floats(0, 1e6, exclude_min=True),
    (ApplicationFacts, "term_months"): st.none() | st.integers(1, 60),
    (ApplicationFacts, "extra"): st.none(),
    (ApplicationFacts, "near"): NEAR_FORMS.map(list),
    (NearCandidate, "parts"): PARTS,
    (ApplicationFacts, "local_minute"): st.integers(0, 1439),
    (ApplicationFacts, "local_weekday"): st.integers(0, 6),
    (PlaceFacts, "gps_cell"): st.none() | CELLS,
    (Identifier, "token"): TOKENS,
    (ListHit, "severity"): st.sampled_from(["low", "medium", "high"]),
    (Velocity, "kind"): st.sampled_from(KINDS),
    (Velocity, "token"): TOKENS,
    (Velocity, "counts"): COUNTS,
    (Velocity, "applicants"): COUNTS,
    (EntityProfileOf, "kind"): st.sampled_from(ENTITY_KINDS),
    (EntityProfileOf, "token"): TOKENS,
    (EntityProfileOf, "profile"): PROFILES,
    (Neighbour, "amount_cny"): st.floats(0, 1e6),
    (Link, "kind"): st.sampled_from(KINDS),
    (Link, "token"): TOKENS,
    (Link, "degree"): st.integers(1, 2**53),
    (Link, "channels"): st.dictionaries(st.sampled_from(["h5", "app", "store", "api"]), st.integers(1, 256)),
    (Sighting, "kind"): st.sampled_from(["device_id", "phone", "id_number", "store_id"]),
    (Sighting, "cell"): CELLS,
    **{(PersonCounts, field.name): COUNTS for field in fields(PersonCounts)},
}


def instances(struct: type[Any]) -> SearchStrategy[Any]:
    """Instances of a Struct, its bounded fields as the contract and the index have them."""
    hints = get_type_hints(struct, include_extras=True)
    return st.builds(struct, **{name: _field(struct, name, hints[name]) for name in struct.__struct_fields__})


def _field(struct: type[Any], name: str, hint: Any) -> SearchStrategy[Any]:
    bounded = BOUNDED.get((struct, name))
    return _values(name, hint) if bounded is None else bounded


def _values(name: str, hint: Any) -> SearchStrategy[Any]:
    """Values of a field by its type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _within(arguments[0], next(mark for mark in arguments if isinstance(mark, Meta)))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*(_values(name, argument) for argument in arguments))
    if origin is list:
        return st.lists(_values(name, arguments[0]), max_size=4)
    if origin is dict:
        return st.dictionaries(*(_values(name, argument) for argument in arguments), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return instances(hint)
    if hint is int:
        return TIMES_MS if name.endswith("_ms") else st.integers(0, 2**53)
    simple: dict[Any, SearchStrategy[Any]] = {
        NoneType: st.none(),
        bool: st.booleans(),
        str: st.text("ab", max_size=3),
        bytes: st.binary(max_size=3),
        float: st.floats(0, LARGE),
        datetime: st.just(NOON),
    }
    return simple[hint]


def _within(base: type, bounds: Meta) -> SearchStrategy[Any]:
    """Numbers within the bounds of a contract field."""
    low, high = bounds.ge, bounds.le
    return st.integers(int(low or 0), int(high or 2**53)) if base is int else st.floats(low, high)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Answers of the index whose links hold together: members are this application and the neighbours there are."""
    observation: Observation = draw(instances(Observation))
    members = st.lists(st.integers(-1, len(observation.neighbours) - 1), min_size=1, max_size=5, unique=True)
    links = [Link(link.kind, link.token, link.degree, link.channels, draw(members)) for link in observation.links]
    velocity = [
        Velocity(
            each.kind,
            each.token,
            each.counts,
            each.applicants,
            each.degree,
            each.counts if "phone" in each.kind else [],
        )
        for each in observation.velocity
    ]
    return replace(observation, links=links, velocity=velocity)


applications: SearchStrategy[ApplicationFacts] = instances(ApplicationFacts)
