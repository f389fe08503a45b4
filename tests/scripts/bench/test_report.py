"""The report as JSON, as a page, as plots and on a terminal."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from msgspec import structs
from rich.console import Console

from scripts.bench.markdown import page, write_page
from scripts.bench.plots import draw_plots
from scripts.bench.report import Report, ReportError, read_report, write_report
from scripts.bench.sections.registry import SECTIONS
from scripts.bench.tables import Table, as_markdown, for_terminal
from tests.scripts.bench.sample_report import conditions, sample_report

PNG = b"\x89PNG\r\n"


def test_the_json_is_what_its_schema_says(tmp_path: Path) -> None:
    write_report(sample_report(), tmp_path / "new" / "figures.json")
    written = json.loads((tmp_path / "new" / "figures.json").read_text())
    schema = msgspec.json.schema(Report)
    jsonschema.Draft202012Validator(schema).validate(written)
    assert set(written) == {"machine", *SECTIONS}
    assert written["rates"]["worker"]["per_s"] == [750.0, 770.0, 720.0]


def test_a_report_that_is_read_again_is_the_same(tmp_path: Path) -> None:
    write_report(sample_report(), tmp_path / "figures.json")
    assert read_report(tmp_path / "figures.json") == sample_report()


def test_a_file_that_is_not_there_is_no_report_yet(tmp_path: Path) -> None:
    assert read_report(tmp_path / "figures.json") is None


def test_another_file_is_left_alone_and_said_to_be_no_report(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text("{}")
    with pytest.raises(ReportError, match=str(path)):
        read_report(path)


def test_the_page_has_every_section_with_its_figures_and_plots(tmp_path: Path) -> None:
    report = sample_report()
    plots = draw_plots(report, tmp_path / "plots")
    write_page(report, plots, tmp_path / "page" / "figures.md")
    text = (tmp_path / "page" / "figures.md").read_text()
    for name, section in SECTIONS.items():
        table = section.table(getattr(report, name))
        assert f"## {table.title}" in text
        assert all(f"| {' | '.join(row)} |" in text for row in table.rows)
    assert "![Latency, open loop](../plots/latency.png)" in text
    assert "2 cores of Some Processor" in text


def test_a_section_that_was_not_measured_is_not_on_the_page() -> None:
    text = page(structs.replace(sample_report(), rings=None), {}, Path())
    assert "ring" not in text
    assert "## Latency, open loop" in text


def test_figures_of_a_busy_machine_are_marked() -> None:
    assert "not a quiet machine" not in conditions(others_cores=0.09).sentence()
    assert "used 0.10 cores meanwhile: **not a quiet machine**" in conditions(others_cores=0.1).sentence()


def test_every_plot_is_a_picture(tmp_path: Path) -> None:
    drawn = draw_plots(sample_report(), tmp_path)
    assert {path.stem for paths in drawn.values() for path in paths} == {
        name for section in SECTIONS.values() for name in section.plots
    }
    assert all(path.read_bytes().startswith(PNG) for paths in drawn.values() for path in paths)


def test_a_table_reads_alike_on_a_terminal_and_on_a_page() -> None:
    table = Table(title="Speed", columns=["what", "per second"], rows=[["worker", "1,000"]], note="On a Monday.")
    assert as_markdown(table).splitlines() == [
        "| what | per second |",
        "|---|--:|",
        "| worker | 1,000 |",
        "",
        "On a Monday.",
    ]
    console = Console(width=60)
    with console.capture() as captured:
        console.print(for_terminal(table))
    assert all(word in captured.get() for word in ("Speed", "per second", "worker", "1,000", "On a Monday."))


def test_where_a_terminal_is_too_narrow_nothing_of_a_table_is_cut_off() -> None:
    table = Table(title="Speed", columns=["what", "per second"], rows=[["weight_of_evidence", "1,234,567.89"]])
    console = Console(width=20)
    with console.capture() as captured:
        console.print(for_terminal(table))
    rows = [line.split("│")[1:3] for line in captured.get().splitlines() if "│" in line]
    assert ["".join(part.strip() for part in cells) for cells in zip(*rows, strict=True)] == [
        "weight_of_evidence",
        "1,234,567.89",
    ]
