"""The curves of a report as PNG files."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from scripts.bench.report import Report
from scripts.bench.sections.registry import SECTIONS

SIZE_INCHES = (6.4, 4.0)
DOTS_PER_INCH = 110


def draw_plots(report: Report, directory: Path) -> dict[str, list[Path]]:
    """Draw every curve of what has been measured. Returns the files by section."""
    directory.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, list[Path]] = {}
    for name, section in SECTIONS.items():
        figures = getattr(report, name)
        for file_name, draw in section.plots.items() if figures is not None else ():
            figure = Figure(figsize=SIZE_INCHES, layout="constrained")
            FigureCanvasAgg(figure)  # draws without a screen, and leaves pyplot's settings alone
            axes = figure.add_subplot()
            draw(figures, axes)
            axes.grid(visible=True, alpha=0.3)
            axes.set_axisbelow(True)
            path = directory / f"{file_name}.png"
            figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})
            drawn.setdefault(name, []).append(path)
    return drawn
