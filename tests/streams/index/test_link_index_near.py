"""The contract of every link index: list entries that resemble who applies."""

from typing import Any

import pytest

from models.enrichment import NEAR_PER_KEY
from models.near.form import NearForm
from streams.index.protocol import LinkIndex
from tests.builders import DAY_MS, NOON_MS, application, list_entry, token
from tests.streams.index.observing import observe

LISTED = NearForm("id_number", "anchor-1", ["wan", "xia", "min"])
ONE_PART_DIFFERS = NearForm("id_number", "anchor-1", ["wan", "xyz", "min"])
ONE_PART_MORE = NearForm("id_number", "anchor-1", ["wan", "xia", "min", "two"])
TWO_PARTS_DIFFER = NearForm("id_number", "anchor-1", ["wan", "xyz", "uvw"])
OTHER_ANCHOR = NearForm("id_number", "anchor-2", ["wan", "xia", "min"])


def entry(value: str = "n", *forms: NearForm, **options: Any) -> Any:
    return list_entry("id_number", value, near=forms or (LISTED,), **options)


async def found(index: LinkIndex, *forms: NearForm, at_ms: int = NOON_MS) -> list[str]:
    """Tokens of the entries that somebody with these forms resembles."""
    return [near.hit.token for near in (await observe(index, application(near=list(forms), at_ms=at_ms))).near]


@pytest.mark.parametrize("form", [LISTED, ONE_PART_DIFFERS, ONE_PART_MORE])
async def test_an_entry_is_found_by_a_form_that_differs_in_one_part(index: LinkIndex, form: NearForm) -> None:
    await index.put_list_entries([entry(reason="mule", severity="high", source="police", evidence="case 7")])
    (near,) = (await observe(index, application(near=[form]))).near
    assert (near.basis, near.parts) == ("id_number", LISTED.parts)
    assert (near.hit.kind, near.hit.token, near.hit.list) == ("id_number", token("id_number", "n"), "own")
    assert (near.hit.severity, near.hit.reason, near.hit.evidence) == ("high", "mule", "case 7")


@pytest.mark.parametrize("form", [TWO_PARTS_DIFFER, OTHER_ANCHOR])
async def test_nobody_else_is_found(index: LinkIndex, form: NearForm) -> None:
    await index.put_list_entries([entry()])
    assert await found(index, form) == []


async def test_the_parts_may_come_in_another_order(index: LinkIndex) -> None:
    await index.put_list_entries([entry()])
    assert len(await found(index, NearForm("id_number", "anchor-1", ["min", "xia", "wan"]))) == 1


async def test_a_near_entry_is_no_hit_and_marks_nobody(index: LinkIndex) -> None:
    await index.put_list_entries([entry()])
    await observe(index, application("A-1", near=[LISTED], device_id="d"))
    seen = await observe(index, application("A-2", near=[LISTED], device_id="d"))
    assert seen.hits == []
    assert [neighbour.listed for neighbour in seen.neighbours] == [False]


async def test_an_entry_that_is_found_by_several_keys_is_found_once(index: LinkIndex) -> None:
    await index.put_list_entries([entry()])
    assert len(await found(index, LISTED)) == 1


async def test_an_entry_with_two_forms_is_found_by_each(index: LinkIndex) -> None:
    other = NearForm("birth_date", "anchor-9", ["nw1", "nx2", "nm3"])
    await index.put_list_entries([entry("n", LISTED, other)])
    near = (await observe(index, application(near=[LISTED, other]))).near
    assert [each.basis for each in near] == ["id_number", "birth_date"]


@pytest.mark.parametrize(("age_ms", "there"), [(-1, 1), (0, 0)])
async def test_an_entry_is_near_until_it_expires(index: LinkIndex, age_ms: int, there: int) -> None:
    await index.put_list_entries([entry(at_ms=NOON_MS - DAY_MS, expires_ms=NOON_MS)])
    assert len(await found(index, LISTED, at_ms=NOON_MS + age_ms)) == there


async def test_an_entry_that_was_removed_is_near_nobody(index: LinkIndex) -> None:
    await index.put_list_entries([entry()])
    await index.put_list_entries([list_entry("id_number", "n", at_ms=NOON_MS + 1, action="remove")])
    assert await found(index, LISTED) == []


async def test_an_entry_that_was_replaced_is_found_by_its_new_forms_alone(index: LinkIndex) -> None:
    await index.put_list_entries([entry("n", LISTED), entry("n", OTHER_ANCHOR, at_ms=NOON_MS + 1)])
    await index.put_list_entries([entry("n", LISTED, event_id="late", at_ms=NOON_MS - 1)])
    assert await found(index, LISTED) == []
    assert await found(index, OTHER_ANCHOR) == [token("id_number", "n")]


async def test_the_same_entry_on_two_lists_is_found_on_both(index: LinkIndex) -> None:
    await index.put_list_entries([entry(), entry(list_name="external:a")])
    await index.put_list_entries([list_entry("id_number", "n", at_ms=NOON_MS + 1, action="remove")])
    near = (await observe(index, application(near=[LISTED]))).near
    assert [each.hit.list for each in near] == ["external:a"]


@pytest.mark.parametrize("extra", [0, 1, 5])
async def test_a_key_leads_to_a_bounded_number_of_entries_whatever_their_order(index: LinkIndex, extra: int) -> None:
    entries = [entry(f"n{number}") for number in range(NEAR_PER_KEY + extra)]
    await index.put_list_entries(entries[::-1])
    assert await found(index, LISTED) == sorted(each.token for each in entries)[:NEAR_PER_KEY]


async def test_a_name_with_the_same_character_twice_is_found_once_and_can_be_taken_out(index: LinkIndex) -> None:
    twice = NearForm("id_number", "anchor-1", ["min", "min", "min"])
    await index.put_list_entries([entry("n", twice)])
    assert await found(index, twice) == [token("id_number", "n")]
    await index.put_list_entries([list_entry("id_number", "n", at_ms=NOON_MS + 1, action="remove")])
    assert await found(index, twice) == []
