"""`tidegate rebuild` on the command line; what it does is tested in tests/integration/test_rebuild.py."""

import io

import pytest
import typer
from rich.console import Console

from config.settings import Settings
from scripts import rebuild as command
from scripts.embedded.ports import free_port
from streams.rebuilding import PartReport
from streams.topics import create_or_check


def test_a_part_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(typer.BadParameter, match="'links' is none of lists, results, applications"):
        command.rebuild(only=["links"])


def test_without_a_terminal_progress_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(command, "SECONDS_BETWEEN_LINES", 0.0)
    with command._progress(Console(file=output, width=80), {"lists": 700}) as on_records:
        on_records("lists", 500)
        on_records("lists", 200)
    assert output.getvalue().splitlines() == ["lists: 500 of 700 records", "lists: 700 of 700 records"]


def test_the_table_tells_records_a_second() -> None:
    output = io.StringIO()
    report = PartReport(part="lists", records=3_000, written=2_990, left_out=7, unreadable=3, seconds=1.5)
    Console(file=output, width=120).print(command._table([report]))
    for text in ("blacklist-entries", "3,000", "2,990", "1.5", "2,000"):
        assert text in output.getvalue()


async def test_a_valkey_that_is_away_is_told(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": type(settings.redis_url)(f"redis://127.0.0.1:{free_port()}/0")})
    await create_or_check(settings, create=True)
    with pytest.raises(command.RebuildBrokenOffError, match="Valkey does not answer"):
        await command._rebuild(away, ["lists"], Console(file=io.StringIO()))
