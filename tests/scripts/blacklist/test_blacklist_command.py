"""`tidegate blacklist`, on a real Kafka and a real Valkey."""

from __future__ import annotations

import asyncio
import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs
from typer.testing import CliRunner

from config.settings import Settings
from models.events import BlacklistEntry
from models.facts import ApplicationFacts, ListEntryFacts
from models.identifiers import Tokeniser
from models.tokenise import tokenise_list_entry
from scripts.blacklist.command import blacklist
from streams.codec import RecordDecoder
from streams.edge import edge
from streams.index.list_storage import ListReader
from streams.index.protocol import ListedEntry
from streams.kafka import read_to_end
from streams.topics import create_or_check
from tests.builders import NOON_MS, application, list_entry
from tests.conftest import TEST_PII_KEY

PHONE = "13800000001"
TOKENISER = Tokeniser(TEST_PII_KEY.encode())
TOKEN = TOKENISER.token_of_raw("phone", PHONE) or ""


class Lists:
    """The lists of a deployment that the command line finds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def put(self, *entries: ListEntryFacts) -> None:
        asyncio.run(self._with_index(lambda index: index.put_list_entries(entries)))

    def observe(self, facts: ApplicationFacts) -> None:
        asyncio.run(self._with_index(lambda index: index.observe([facts])))

    def listed(self) -> list[ListedEntry]:
        """All of them, in a fixed order."""

        async def read(index: ListReader) -> list[ListedEntry]:
            return [each async for part in index.entries() for each in part]

        return sorted(asyncio.run(self._with_index(read)), key=repr)

    def published(self) -> list[ListEntryFacts]:
        """What a worker makes of the records on the topic."""
        take = edge(RecordDecoder(BlacklistEntry), partial(tokenise_list_entry, tokeniser=TOKENISER))

        async def read() -> list[ListEntryFacts]:
            async with aclosing(read_to_end(self.settings, self.settings.topic("blacklist-entries"))) as records:
                return [take(record.value, datetime.now(UTC)).record async for record in records]

        return asyncio.run(read())

    async def _with_index(self, use: Callable[[ListReader], Awaitable[Any]]) -> Any:
        index = ListReader.from_settings(self.settings)
        try:
            return await use(index)
        finally:
            await index.close()


@pytest.fixture
def lists(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Lists:
    settings = settings.model_copy(update={"index_deadline_ms": 5_000, "partitions": 3})
    for name, value in settings.environment({}).items():
        monkeypatch.setenv(name, value)
    asyncio.run(create_or_check(settings, create=True))
    return Lists(settings)


def run(*words: object, given: str | None = None) -> str:
    """Run a command and return what it says."""
    result = CliRunner().invoke(blacklist, [str(word) for word in words], input=given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_file_loaded_twice_has_the_effect_of_once(lists: Lists, tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    file.write_text(f"phone,reason\n{PHONE},mule\n138****0001,mule\n13800000002,ring\n")
    assert "2 entries" in run("load", file, "--list", "external:a", "--severity", "high")
    assert f"{file}.bad.csv" in run("load", file, "--list", "external:a", "--severity", "high").replace("\n", "")
    entries = lists.published()
    assert len(entries) == 4
    assert len({each.event_id for each in entries}) == 2
    assert {(each.token, each.list, each.severity) for each in entries if each.reason == "mule"} == {
        (TOKEN, "external:a", "high")
    }
    with (tmp_path / "l.csv.bad.csv").open() as told:
        assert list(csv.reader(told)) == [["number", "field", "reason"], ["2", "phone", "is no phone"]]


def test_a_load_that_is_broken_off_goes_on_and_loads_nothing_twice(lists: Lists, tmp_path: Path) -> None:
    file, rows = tmp_path / "l.csv", 60_000
    with file.open("w") as out:
        out.write("device_id\n")
        out.writelines(f"d-{number}\n" for number in range(rows))
    command = [
        sys.executable,
        "-c",
        "from scripts.cli import main; main()",
        "blacklist",
        "load",
        str(file),
        "--processes",
        "1",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        deadline = time.monotonic() + 300
        while not list((lists.settings.data_dir / "blacklist-loads").glob("*.json")):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=300)[0]
    assert process.returncode == 130
    assert "Broken off" in said
    before = len(lists.published())
    assert 0 < before < rows
    assert f"Going on behind row {before:,}" in run("load", file)
    entries = lists.published()
    assert len(entries) == len({each.event_id for each in entries}) == rows


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_what_is_exported_can_be_loaded_again(lists: Lists, tmp_path: Path, suffix: str) -> None:
    added = [
        list_entry("phone", "n", reason="欺诈, \"x\"", severity="high", expires_ms=NOON_MS + 1_001),
        list_entry("phone", "n", list_name="external:a", source="police", evidence="case 7"),
        list_entry("ip", "i", at_ms=NOON_MS - 1),
    ]  # fmt: skip
    lists.put(*added)
    lists.observe(application(phone="n"))
    before = lists.listed()
    file = tmp_path / f"out.{suffix}"
    assert "3 entries" in run("export", file)
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == [file.name]

    run("load", file)
    again = Lists(lists.settings.model_copy(update={"topic_prefix": f"{lists.settings.topic_prefix}again."}))
    again.put(*lists.published())
    assert again.listed() == [structs.replace(each, hits=0, last_hit_ms=None) for each in before]


def test_an_export_of_one_list_without_what_has_expired(lists: Lists, tmp_path: Path) -> None:
    other = list_entry("phone", "c", list_name="external:a")
    lists.put(list_entry("phone", "a", expires_ms=1), list_entry("phone", "b"), other)
    file = tmp_path / "out.jsonl"
    run("export", file, "--list", "own", "--current")
    (line,) = file.read_text().splitlines()
    assert msgspec.json.decode(line)["token"] == list_entry("phone", "b").token


def test_a_value_is_looked_up_without_being_shown(lists: Lists) -> None:
    entry = structs.replace(
        list_entry("phone", reason="mule", source="police", evidence="case 7", expires_ms=NOON_MS), token=TOKEN
    )
    lists.put(entry)
    said = run("check", "--kind", "phone", given=f"{PHONE}\n13800000002\n")
    assert PHONE not in said
    for word in (TOKEN, "own", "medium", "mule", "police", "case 7", "never", " 0 "):
        assert word in said
    assert "is on no list" in said
    assert TOKEN in run("check", "--kind", "phone", "--token", TOKEN)


def test_a_value_is_taken_off_a_list(lists: Lists) -> None:
    lists.put(structs.replace(list_entry("phone"), token=TOKEN))
    assert "1 removals" in run("remove", "--kind", "phone", given=PHONE)
    lists.put(*lists.published())
    assert lists.listed() == []


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("check", "--kind", "phone"), "138****0001", "Value 1 is no phone"),
        (("check", "--kind", "phone", "--token", "short"), None, "is no token"),
        (("remove", "--kind", "phone", "--list", "theirs"), PHONE, "is no list"),
        (("export", "out.txt"), None, "suffix"),
    ],
)
def test_what_cannot_be_used_is_named(lists: Lists, words: tuple[str, ...], given: str | None, said: str) -> None:
    result = CliRunner().invoke(blacklist, words, input=given)
    assert result.exit_code != 0
    assert said in str(result.exception)
