"""A report as a page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.bench.report import Report
from scripts.bench.sections.registry import SECTIONS
from scripts.bench.tables import as_markdown
from scripts.bench.targets import targets_table

HEAD = """# Figures

Written by `tidegate bench --markdown`; the next run writes it again. docs/performance.md says what is measured and how.
"""


def write_page(report: Report, plots: Mapping[str, Sequence[Path]], path: Path) -> None:
    """Write the page; `plots` are the files by section, shown in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(report, plots, path.parent), encoding="utf-8")


def page(report: Report, plots: Mapping[str, Sequence[Path]], directory: Path) -> str:
    """The page that is to stand in `directory`."""
    machine = report.machine
    parts = [
        HEAD,
        f"Machine: {machine.cores} cores of {machine.processor}, {machine.memory_gb:g} GB, {machine.system}, Python "
        f"{machine.python}. Kafka, Valkey, the workers and the load share it.\n",
    ]
    promised = targets_table(report)
    if promised.rows:
        parts.append(f"## {promised.title}\n\n{as_markdown(promised)}\n")
    for name, section in SECTIONS.items():
        figures = getattr(report, name)
        if figures is not None:
            table = section.table(figures)
            parts.append(f"## {table.title}\n\n{as_markdown(table)}\n")
            parts += [
                f"![{table.title}]({Path(os.path.relpath(plot, directory)).as_posix()})\n"
                for plot in plots.get(name, ())
            ]
    return "\n".join(parts)
