"""`tidegate topics create`: makes the topics, or checks those that are there."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from config.settings import Settings
from streams.topics import TOPICS, TopicProblem, create_or_check

topics = typer.Typer(add_completion=False, no_args_is_help=True)


@topics.callback()
def _group() -> None:
    """The topics of this deployment."""


@topics.command("create")
def create(
    check: Annotated[bool, typer.Option("--check", help="Only check, make none.")] = False,
) -> None:
    """Make the topics that are missing and check the others, which are never changed.

    Ends with exit code 1 when one is missing or not as it should be.
    """
    settings = Settings()
    before, after = asyncio.run(_create(settings, check))
    console = Console(soft_wrap=True)
    console.print(_table(settings, before, after))
    for problem in after:
        console.print(str(problem), style="red", markup=False, highlight=False)
    if after:
        raise typer.Exit(1)


async def _create(settings: Settings, check: bool) -> tuple[list[TopicProblem], list[TopicProblem]]:
    """The problems there were, and those that are left."""
    before = await create_or_check(settings, create=False)
    return before, before if check else await create_or_check(settings, create=True)


def _table(settings: Settings, before: list[TopicProblem], after: list[TopicProblem]) -> Table:
    table = Table("topic", "key", "cleanup", "kept", "state")
    missing = {problem.topic for problem in before if problem.aspect == "topic"}
    wrong = {problem.topic for problem in after}
    for topic in TOPICS:
        name = settings.topic(topic.name)
        kept = "for ever" if topic.retention is None else f"{topic.retention.days} days"
        if name in wrong:
            state = "[red]missing[/]" if name in missing else "[red]wrong[/]"
        else:
            state = "[green]made[/]" if name in missing else "there"
        table.add_row(name, topic.key, topic.cleanup, kept, state)
    return table
