"""The sections by name, in the order in which they are measured and shown."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from scripts.bench.place import Place, Plan
from scripts.bench.sections import index, latency, lists, models, rates, rebuild, rings, stages, workers
from scripts.bench.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Section(Struct, frozen=True, kw_only=True):
    """One section. Its figures are a field of the report under its name."""

    about: str
    """A few words for the help."""
    quick: bool
    """Measured when nobody says what."""
    of_history: bool = False
    """Measured over a table of the past, and not on servers."""
    measure: Callable[[Place, Plan], Coroutine[Any, Any, Any]]
    table: Callable[[Any], Table]
    plots: Mapping[str, Callable[[Any, Axes], None]]
    """File name without its end -> what draws it."""


SECTIONS: dict[str, Section] = {
    "rates": Section(
        about="decisions/s against two echoes",
        quick=True,
        measure=rates.measure,
        table=rates.table,
        plots={"rates": rates.draw},
    ),
    "latency": Section(
        about="open-loop latency at 10, 50 and 80% of the capacity",
        quick=True,
        measure=latency.measure,
        table=latency.table,
        plots={"latency": latency.draw},
    ),
    "stages": Section(
        about="processor time by stage",
        quick=True,
        measure=stages.measure,
        table=stages.table,
        plots={"stages": stages.draw},
    ),
    "workers": Section(
        about="one, two and four workers",
        quick=False,
        measure=workers.measure,
        table=workers.table,
        plots={"workers": workers.draw},
    ),
    "rings": Section(
        about="a decision in rings of 4, 32 and 256",
        quick=False,
        measure=rings.measure,
        table=rings.table,
        plots={"rings": rings.draw},
    ),
    "index": Section(
        about="cost and memory up to a million applications",
        quick=False,
        measure=index.measure,
        table=index.table,
        plots={"index": index.draw, "memory": index.draw_memory},
    ),
    "lists": Section(
        about="a decision beside millions of list entries, their memory, loading them",
        quick=False,
        measure=lists.measure,
        table=lists.table,
        plots={"lists": lists.draw},
    ),
    "rebuild": Section(
        about="`tidegate rebuild`",
        quick=False,
        measure=rebuild.measure,
        table=rebuild.table,
        plots={},
    ),
    "models": Section(
        about="all candidate models over a table of the past (HISTORY, --mapping)",
        quick=False,
        of_history=True,
        measure=models.measure,
        table=models.table,
        plots={"models": models.draw},
    ),
}
