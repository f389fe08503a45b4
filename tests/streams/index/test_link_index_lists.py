"""The contract of every link index: blacklist entries."""

import pytest
from msgspec import structs

from models.enrichment import ListHit
from models.events import ListedKind
from models.facts import ApplicationFacts, ListEntryFacts
from streams.index.protocol import LinkIndex, ListedEntry
from tests.builders import DAY_MS, NOON_MS, application, list_entry, moment, token
from tests.streams.index.observing import observe


async def is_listed(index: LinkIndex, facts: ApplicationFacts) -> bool:
    """Whether others see the application as listed; it has device `d`."""
    probe = await observe(index, application("A-probe", device_id="d"))
    return next(n.listed for n in probe.neighbours if n.application_id == facts.application_id)


async def test_a_listed_identifier_is_a_hit_with_its_evidence(index: LinkIndex) -> None:
    entry = list_entry("phone", "n", reason="mule", severity="high", source="police", evidence="case 7")
    await index.put_list_entries([entry])
    (hit,) = (await observe(index, application(phone="n"))).hits
    assert hit == ListHit("phone", token("phone", "n"), "own", "high", "mule", "police", "case 7", NOON_MS, None)


async def test_a_contacts_phone_is_looked_up_as_a_phone(index: LinkIndex) -> None:
    await index.put_list_entries([list_entry("phone", "n")])
    (hit,) = (await observe(index, application(contacts=["n"]))).hits
    assert (hit.kind, hit.token) == ("contact_phone", token("phone", "n"))


async def test_an_identifier_may_be_on_several_lists(index: LinkIndex) -> None:
    await index.put_list_entries(
        [list_entry("device_id", "d", list_name=name) for name in ("own", "external:a", "external:b")]
    )
    hits = (await observe(index, application(device_id="d"))).hits
    assert [hit.list for hit in hits] == ["own", "external:a", "external:b"]


async def test_another_kind_of_the_same_token_is_no_hit(index: LinkIndex) -> None:
    facts = application(device_id="d")
    entry = ListEntryFacts(
        event_id="le", occurred_at=facts.occurred_at, action="add", list="own", kind="ip", token=token("device_id", "d")
    )
    await index.put_list_entries([entry])
    assert (await observe(index, facts)).hits == []


@pytest.mark.parametrize(("age_ms", "hits"), [(-1, 1), (0, 0), (1, 0)])
async def test_an_entry_expires_at_its_moment_of_event_time(index: LinkIndex, age_ms: int, hits: int) -> None:
    await index.put_list_entries([list_entry("device_id", "d", at_ms=NOON_MS - DAY_MS, expires_ms=NOON_MS)])
    observation = await observe(index, application(at_ms=NOON_MS + age_ms, device_id="d"))
    assert len(observation.hits) == hits


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
async def test_the_newest_word_on_an_identifier_stands_whatever_the_order(
    index: LinkIndex, order: tuple[int, ...]
) -> None:
    words = [
        list_entry("device_id", "d", at_ms=NOON_MS, reason="first"),
        list_entry("device_id", "d", at_ms=NOON_MS + 1, action="remove"),
        list_entry("device_id", "d", at_ms=NOON_MS + 2, reason="second"),
    ]
    facts = application(device_id="d")
    await index.put_list_entries([words[i] for i in order if i < 2])
    assert (await observe(index, facts)).hits == []
    await index.put_list_entries([words[i] for i in order])
    assert [hit.reason for hit in (await observe(index, facts)).hits] == ["second"]


async def test_an_application_with_a_listed_identifier_is_seen_as_listed(index: LinkIndex) -> None:
    facts = application("A-1", device_id="d", phone="n")
    await index.put_list_entries([list_entry("phone", "n")])
    await observe(index, facts)
    assert await is_listed(index, facts)


async def test_a_listed_contact_does_not_make_an_application_listed(index: LinkIndex) -> None:
    facts = application("A-1", device_id="d", contacts=["n"])
    await index.put_list_entries([list_entry("phone", "n")])
    await observe(index, facts)
    await index.put_list_entries([list_entry("phone", "n", at_ms=NOON_MS + 1)])
    assert not await is_listed(index, facts)


async def test_a_new_entry_marks_the_applications_that_came_before(index: LinkIndex) -> None:
    facts = application("A-1", device_id="d", bank_card="b")
    await observe(index, facts)
    assert not await is_listed(index, facts)
    await index.put_list_entries([list_entry("bank_card", "b")])
    assert await is_listed(index, facts)


async def test_a_removal_clears_the_mark_unless_another_entry_holds(index: LinkIndex) -> None:
    facts = application("A-1", device_id="d", bank_card="b", phone="n")
    await observe(index, facts)
    await index.put_list_entries([list_entry("bank_card", "b"), list_entry("phone", "n")])
    await index.put_list_entries([list_entry("bank_card", "b", at_ms=NOON_MS + 1, action="remove")])
    assert await is_listed(index, facts)
    await index.put_list_entries([list_entry("phone", "n", at_ms=NOON_MS + 1, action="remove")])
    assert not await is_listed(index, facts)


async def test_an_entry_that_had_expired_marks_nobody(index: LinkIndex) -> None:
    facts = application("A-1", device_id="d", bank_card="b")
    await observe(index, facts)
    await index.put_list_entries([list_entry("bank_card", "b", at_ms=NOON_MS - 1, expires_ms=NOON_MS)])
    assert not await is_listed(index, facts)


async def listed(index: LinkIndex, kind: ListedKind, value: str) -> dict[str, ListedEntry]:
    """The entries of an identifier by list."""
    return {entry.list: entry for entry in await index.listed(kind, token(kind, value))}


async def test_an_entry_can_be_looked_at_with_all_that_is_said_of_it(index: LinkIndex) -> None:
    entry = list_entry(
        "phone", "n", reason="mule", severity="high", source="police", evidence="case 7", expires_ms=NOON_MS + 1
    )
    await index.put_list_entries([entry, list_entry("phone", "n", list_name="external:a")])
    assert await listed(index, "phone", "n") == {
        "own": ListedEntry(
            "phone", entry.token, "own", "high", "mule", "police", "case 7", NOON_MS, NOON_MS + 1, 0, None
        ),
        "external:a": ListedEntry(
            "phone", entry.token, "external:a", "medium", None, None, None, NOON_MS, None, 0, None
        ),
    }  # fmt: skip
    assert await listed(index, "phone", "other") == await listed(index, "ip", "n") == {}


async def test_a_removed_entry_is_none_any_more(index: LinkIndex) -> None:
    await index.put_list_entries(
        [list_entry("phone", "n", evidence="case 7"), list_entry("phone", "n", list_name="external:a")]
    )
    await index.put_list_entries([list_entry("phone", "n", at_ms=NOON_MS + 1, action="remove")])
    assert [*await listed(index, "phone", "n")] == ["external:a"]


async def test_an_application_event_counts_as_one_hit_however_often_it_comes(index: LinkIndex) -> None:
    await index.put_list_entries(
        [list_entry("phone", "n"), list_entry("phone", "n", list_name="external:a", expires_ms=NOON_MS)]
    )
    facts = application(phone="n")
    for each in (facts, facts, application(event_id="e-2", at_ms=NOON_MS - 5, phone="n"), facts):
        await observe(index, each)
    await observe(index, application("A-2", at_ms=NOON_MS + 7, contacts=["n"]))
    entries = await listed(index, "phone", "n")
    assert (entries["own"].hits, entries["own"].last_hit_ms) == (3, NOON_MS + 7)
    assert (entries["external:a"].hits, entries["external:a"].last_hit_ms) == (1, NOON_MS - 5)


async def test_what_is_said_anew_leaves_the_hits_as_they_are(index: LinkIndex) -> None:
    await index.put_list_entries([list_entry("phone", "n", reason="mule")])
    await observe(index, application(phone="n"))
    await index.put_list_entries([list_entry("phone", "n", at_ms=NOON_MS + 1, reason="ring", evidence="case 7")])
    entry = (await listed(index, "phone", "n"))["own"]
    assert (entry.reason, entry.evidence, entry.hits, entry.last_hit_ms) == ("ring", "case 7", 1, NOON_MS)


async def test_entries_of_one_bucket_are_told_apart(index: LinkIndex) -> None:
    starts = [f"abc{number:010d}{number:09d}" for number in range(40)]
    entries = [
        ListEntryFacts(
            event_id=each,
            occurred_at=moment(NOON_MS),
            action="add",
            list="own",
            kind="phone",
            token=each,
            reason=each[:9],
        )
        for each in starts
    ]
    await index.put_list_entries(entries)
    removed = [structs.replace(each, action="remove", occurred_at=moment(NOON_MS + 1)) for each in entries[::3]]
    await index.put_list_entries(removed)
    for number, each in enumerate(starts):
        found = [entry.reason for entry in await index.listed("phone", each)]
        assert found == ([] if number % 3 == 0 else [each[:9]])
