"""The page as a browser gets it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec import structs

from models.features.registry import REGISTRY
from scripts.backtest.metrics import measure
from scripts.backtest.plots import PLOTS
from scripts.backtest.report import meaning, write_report
from scripts.backtest.run import BacktestRun, Usefulness
from tests.scripts.backtest.finished_run import LINES, Line, finished_run

VOID = {"meta", "img", "br", "link", "hr"}


class Page(HTMLParser):
    """Elements and text of a page; fails where an element is not closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        assert self._open == []
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == "img"]


def page_of(run: BacktestRun, directory: Path) -> Page:
    write_report(directory, run, measure(run.rows, run.scored))
    return Page(directory / "report.html")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the page of `finished_run()`."""
    run, directory = finished_run(), tmp_path_factory.mktemp("report")
    write_report(directory, run, measure(run.rows, run.scored))
    return directory


@pytest.fixture(scope="module")
def page(directory: Path) -> Page:
    return Page(directory / "report.html")


def test_every_plot_is_a_png_beside_the_page_with_a_text_for_who_does_not_see_it(page: Page, directory: Path) -> None:
    images = page.images()
    assert {image["src"] for image in images} == {f"plots/{name}.png" for name in PLOTS}
    for image in images:
        assert (directory / str(image["src"])).read_bytes().startswith(b"\x89PNG")
        assert len(image["alt"] or "") > 10


def test_the_page_needs_nothing_from_elsewhere(page: Page) -> None:
    assert not re.search(r"https?:|//|@import|url\(", page.source)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe"}


def test_the_figures_are_those_of_the_run(page: Page) -> None:
    run, text = finished_run(), page.text
    metrics = measure(run.rows, run.scored)
    assert f"ROC AUC{metrics.roc_auc:.4f}" in text
    assert f"Average precision{metrics.average_precision:.4f}" in text
    assert f"Recall at 1%{metrics.recall_at_1pct:.1%}" in text
    assert f"Brier score{metrics.brier:.5f}" in text
    assert f"merchant_id precision@100{metrics.by_entity['merchant_id'].card_precision[-1].mean:.4f}" in text
    assert "scorecard, from 2018-08-13 00:00 blend" in text
    assert "2 days after the event" in text
    assert "1 of 3 frauds were rejected (33.3%; 1,000, 81.3% of the money)" in text
    assert "1 were approved (33.3%; 30, 2.4% of the money)" in text
    assert "1 of 4 honest rows were rejected (25.0%; 4,000), and 1 had to wait" in text


def test_decisions_on_a_table_without_a_product_come_with_a_warning(page: Page, tmp_path: Path) -> None:
    assert "made for loan applications, and the mapping names no product" in page.text
    run = finished_run()
    mapping = "[event]\ntime = 'time'\nproduct = 'kind'"
    loans = page_of(replace(run, settings=structs.replace(run.settings, mapping=mapping)), tmp_path)
    assert "names no product" not in loans.text


def test_features_that_move_nothing_are_left_out(tmp_path: Path) -> None:
    run = finished_run()
    moved = [
        Usefulness(name=name, mean_absolute_contribution=by, mean_contribution=0.0)
        for name, by in (("amount_cny", 0.0005), ("extra.idle", 0.0004))
    ]
    page = page_of(replace(run, usefulness=moved), tmp_path)
    assert "The 1 most useful features" in str([image["alt"] for image in page.images()])
    assert "extra.idle" not in page.text


@pytest.mark.parametrize(
    ("seconds", "says"), [(86_400.0, "1 day after"), (3_600.0, "1 hour after"), (5_400.0, "1.5 hours after")]
)
def test_a_delay_is_told_in_its_largest_unit(tmp_path: Path, seconds: float, says: str) -> None:
    run = finished_run()
    settings = structs.replace(run.settings, label_delay_s=seconds)
    assert says in page_of(replace(run, settings=settings), tmp_path).text


def test_what_the_history_says_is_text_and_no_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    run = finished_run(history=f"{evil}.csv", features=[f'extra."{evil}', "extra.$x_$"], shifted=f"extra.{evil}")
    page = page_of(run, tmp_path)
    assert "script" not in {tag for tag, _ in page.elements}
    assert evil not in page.source
    assert page.text.count(evil) >= 5
    assert "&quot;&lt;script" in page.source or "&#34;&lt;script" in page.source


def test_columns_are_drawn_whatever_their_names_are(tmp_path: Path) -> None:
    page = page_of(
        finished_run(features=["extra.金额", "extra.$\\frac{$", "extra.\N{PILE OF POO}", "extra.a\nb"]), tmp_path
    )
    assert "plots/features.png" in {image["src"] for image in page.images()}
    assert "extra.金额" in page.text


def changed(lines: Sequence[Line], label: int | None = None, amount: float | None = None) -> list[Line]:
    return [(day, verdict, label if label is not None else of, score, amount if amount is not None else money)
            for day, verdict, of, score, money in lines]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "sentence", "absent"),
    [
        (changed(LINES, label=0), "All of the 8 labelled rows are honest.", {"precision_recall", "roc", "weeks"}),
        (changed(LINES, label=1), "All of the 8 labelled rows are frauds.", {"precision_recall", "roc", "weeks"}),
        (
            changed(LINES, label=-1),
            "None of the scored rows has a label.",
            {"precision_recall", "roc", "weeks", "calibration", "scores"},
        ),
        (changed(LINES, amount=math.nan), "The scored rows have no amounts.", {"money"}),
        (
            [],
            "No row was scored.",
            {"precision_recall", "roc", "weeks", "calibration", "scores", "money", "verdicts"},
        ),
    ],
)  # fmt: skip
def test_where_there_is_nothing_to_draw_a_sentence_says_why(
    lines: list[Line], sentence: str, absent: set[str], tmp_path: Path
) -> None:
    page = page_of(finished_run(lines), tmp_path)
    assert sentence in page.text
    assert {image["src"] for image in page.images()} == {f"plots/{name}.png" for name in PLOTS.keys() - absent}


def test_a_run_in_which_nothing_happened_has_a_page(tmp_path: Path) -> None:
    run = finished_run(LINES[:1])
    quiet = BacktestRun(**{**vars(run), "weeks": [], "promotions": [], "drifts": [], "usefulness": []})
    text = page_of(quiet, tmp_path).text
    assert "No labels of both kinds became known" in text
    assert "No feature moved a score." in text


def test_a_feature_is_explained_by_what_it_is() -> None:
    assert meaning(REGISTRY[0].name) == REGISTRY[0].meaning
    assert meaning("extra.speed") == "the history's column speed"
    assert meaning("channel") == "how often this channel was fraud so far"
    assert "anomaly model" in meaning("anomaly")
