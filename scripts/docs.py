"""`tidegate docs`: writes what under docs/ is generated from the code, or checks that it is current."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from models.features.document import features_markdown
from models.reasons import reasons_markdown
from scripts.contract.asyncapi import asyncapi_yaml
from scripts.contract.schemas import schema_json
from streams.topics import TOPICS

ROOT = Path(__file__).parents[1]

GENERATED: dict[str, Callable[[], str]] = {
    "docs/asyncapi.yaml": asyncapi_yaml,
    "docs/features.md": features_markdown,
    "docs/reasons.md": reasons_markdown,
} | {
    f"docs/schemas/{topic.name}.schema.json": lambda record=topic.record: schema_json(record)
    for topic in TOPICS
    if topic.record is not None
}
"""Path in the repository -> what writes the file's text."""


def docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when a file is stale.")] = False,
) -> None:
    """Write docs/asyncapi.yaml, docs/schemas/, docs/features.md and docs/reasons.md."""
    stale = stale_files(ROOT)
    if check:
        for path in stale:
            typer.secho(f"{path} is stale: run `tidegate docs`", fg="red", err=True)
        raise typer.Exit(1 if stale else 0)
    for path in stale:
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(GENERATED[path](), encoding="utf-8")
        typer.echo(f"wrote {path}")
    typer.echo(f"{len(GENERATED)} files are current")


def stale_files(root: Path) -> list[str]:
    """Generated files below `root` that are missing or differ from what would be written."""
    return [path for path, text in GENERATED.items() if _content(root / path) != text()]


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
