"""Which list entries are about somebody who is much like the applicant, although no identifier is the same."""

from __future__ import annotations

from msgspec import Struct

from models.enrichment import ListHit, Observation
from models.facts import ApplicationFacts
from models.near.form import NearBasis
from models.near.similarity import similarity

ALIKE: dict[NearBasis, float] = {"id_number": 0.66, "birth_date": 0.66, "address": 0.75}
"""From this similarity on, at equality too, it is taken for the same person or place: one character of a name of three
may differ, one of four of a street.

Three first digits and four last characters of an ID number are shared by one in 3 million people, a birth date by one
in 25,000; two of three characters of a name by about one in 700 (surnames: 7% for the most frequent; given characters:
1%). A list of 100,000 people by masked number is near one honest applicant in 20,000, one by birth date one in 170."""


class Lookalike(Struct, frozen=True, kw_only=True):
    """An entry, and how much it is like the applicant."""

    basis: NearBasis
    similarity: float
    """0 to 1."""
    hit: ListHit

    @property
    def alike(self) -> bool:
        """Enough to say so."""
        return self.similarity >= ALIKE[self.basis]


def lookalikes(facts: ApplicationFacts, observation: Observation) -> list[Lookalike]:
    """All entries that share a key with the applicant, each once and by what it is most like; those left out that are
    hits anyway."""
    if not observation.near:
        return []
    forms = {form.basis: form.parts for form in facts.near}
    hits = {(hit.kind, hit.token, hit.list) for hit in observation.hits}
    found: dict[tuple[str, str, str], Lookalike] = {}
    for near in observation.near:
        name = (near.hit.kind, near.hit.token, near.hit.list)
        if name in hits:
            continue
        each = Lookalike(
            basis=near.basis, similarity=similarity(near.basis, forms[near.basis], near.parts), hit=near.hit
        )
        known = found.get(name)
        if known is None or (each.alike, each.similarity) > (known.alike, known.similarity):
            found[name] = each
    return list(found.values())
