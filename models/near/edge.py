"""From raw records to forms, at the edge: of who applies, and of list entries."""

from __future__ import annotations

from models.events import Applicant, BlacklistEntry
from models.id_numbers import normalise_id_number
from models.identifiers import Tokeniser, normalise_name
from models.near.documents import birth_date_of, is_masked
from models.near.form import NearForm
from models.near.forms import address_forms, person_forms


def application_forms(applicant: Applicant, id_number: str, tokeniser: Tokeniser) -> list[NearForm]:
    """The forms of an applicant; `id_number` is the normalised one."""
    address = None if applicant.address is None else applicant.address.text
    return [
        *person_forms(applicant.name, id_number, birth_date_of(id_number), tokeniser),
        *address_forms(address, tokeniser),
    ]


def read_list_entry(entry: BlacklistEntry, tokeniser: Tokeniser) -> tuple[str | None, tuple[NearForm, ...]]:
    """The token and the forms of an entry; the token is None when there is nothing to list.

    An entry of a person known in part has a token of its own, which is no ID number's: the same part and name again
    are the same entry, to be removed or replaced.
    """
    number = entry.value if entry.kind == "id_number" else None
    partial = entry.kind == "id_number" and entry.token is None and (number is None or is_masked(number))
    birth = entry.birth_date
    if birth is None and number is not None:
        birth = birth_date_of(normalise_id_number(number) or "")
    near = [*(entry.near or ())] or person_forms(entry.name, number, birth, tokeniser)
    if entry.kind == "address" and not near:
        near += address_forms(entry.value, tokeniser)
    if partial:
        known = (
            normalise_id_number(number or "") or "",
            normalise_name(entry.name or "") or "",
            str(entry.birth_date or ""),
        )
        return tokeniser.token("id_number", "\0".join(known)) if near else None, tuple(near)
    if entry.value is None:
        return entry.token, tuple(near)
    return tokeniser.token_of_raw(entry.kind, entry.value), tuple(near)
