"""How lists are stored in Valkey: all of them can be read, each takes little, and words are stored once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import redis
from msgspec import structs

from models.facts import ListEntryFacts
from scripts.embedded import EmbeddedValkey
from streams.index.layout import WORDS_MAX, key_prefix
from streams.index.list_storage import ListReader
from streams.index.protocol import ListedEntry
from tests.builders import DAY_MS, NOON_MS, application, list_entry
from tests.streams.index.conftest import PATIENT_MS
from tests.streams.index.observing import observe


@pytest.fixture
async def index(valkey: EmbeddedValkey, topic_prefix: str) -> AsyncIterator[ListReader]:
    made = ListReader(valkey.url, topic_prefix, PATIENT_MS)
    yield made
    await made.close()


async def everything(index: ListReader) -> dict[tuple[str, str, str], ListedEntry]:
    return {(each.kind, each.token, each.list): each async for part in index.entries() for each in part}


async def test_all_entries_can_be_read_with_all_that_is_known_of_them(index: ListReader) -> None:
    added = [
        list_entry("phone", "n", reason="mule", severity="high", expires_ms=NOON_MS + 1_001),
        list_entry("phone", "n", list_name="external:a", source="police", evidence="case 7"),
        list_entry("ip", "i", reason="欺诈"),
        list_entry("email", "gone"),
    ]
    await index.put_list_entries([*added, list_entry("email", "gone", at_ms=NOON_MS + 1, action="remove")])
    await observe(index, application(phone="n"))
    found = await everything(index)
    assert len(found) == 3
    for each in added[:3]:
        (entry,) = [known for known in await index.listed(each.kind, each.token) if known.list == each.list]
        assert found[each.kind, each.token, each.list] == entry
        assert entry.hits == (1 if each.kind == "phone" else 0)


async def test_words_are_stored_once_until_they_are_too_many(
    index: ListReader, valkey: EmbeddedValkey, topic_prefix: str
) -> None:
    await index.put_list_entries([list_entry("phone", f"{number}", reason="mule") for number in range(9)])
    names = f"{key_prefix(topic_prefix)}T"
    with redis.Redis.from_url(valkey.url) as admin:
        assert admin.hlen(names) == 2
        admin.hset(names, mapping={f"w-{number}": "" for number in range(WORDS_MAX - 3)})
        await index.put_list_entries([list_entry("phone", f"{n}", at_ms=NOON_MS + 1, reason=f"{n}") for n in range(3)])
        assert admin.hlen(names) == WORDS_MAX
    assert sorted(entry.reason or "" for entry in (await everything(index)).values()) == ["0", "1", "2", *["mule"] * 6]


async def test_what_was_removed_or_expired_long_ago_is_swept_away(
    index: ListReader, valkey: EmbeddedValkey, topic_prefix: str
) -> None:
    def entry(number: int, **fields: object) -> ListEntryFacts:
        return structs.replace(list_entry("phone", f"{number}", **fields), token=f"abc{number:010d}".ljust(22, "-"))  # type: ignore[arg-type]

    await index.put_list_entries([entry(1), entry(2, expires_ms=NOON_MS + 1), entry(3)])
    await index.put_list_entries([entry(1, action="remove", at_ms=NOON_MS + 1)])
    key = f"{key_prefix(topic_prefix)}Lpabc"
    with redis.Redis.from_url(valkey.url) as admin:
        sizes = [admin.strlen(key)]
        for age_ms in (90 * DAY_MS, 90 * DAY_MS + 1):
            await index.put_list_entries([entry(3, at_ms=NOON_MS + age_ms)])
            sizes.append(admin.strlen(key))
    assert sizes == [3 * 53, 3 * 53, 53]


async def test_an_entry_takes_less_than_a_hundred_bytes(
    index: ListReader, valkey: EmbeddedValkey, topic_prefix: str
) -> None:
    """In buckets of five, as with 1.3 million entries of one kind."""
    tokens = [f"a{number % 9}{number % 8}{number:010d}".ljust(22, "-") for number in range(5 * 72)]
    entries = [structs.replace(list_entry("phone", each, reason="mule"), token=each) for each in tokens]
    await index.put_list_entries(entries)
    with redis.Redis.from_url(valkey.url) as admin:
        keys = list(admin.scan_iter(f"{key_prefix(topic_prefix)}L*", count=1_000))
        assert len(keys) == 72
        assert sum(admin.memory_usage(key) for key in keys) / len(entries) < 100
