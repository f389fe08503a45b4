"""What is generated under docs/ is current, and a stale file is found."""

from pathlib import Path

from scripts.docs import GENERATED, ROOT, stale_files


def test_the_generated_files_are_current() -> None:
    assert stale_files(ROOT) == [], "run `tidegate docs`"


def test_generating_twice_gives_the_same() -> None:
    assert all(text() == text() for text in GENERATED.values())


def test_a_file_that_is_missing_or_differs_is_stale(tmp_path: Path) -> None:
    for path, text in GENERATED.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(), encoding="utf-8")
    assert stale_files(tmp_path) == []
    (tmp_path / "docs/asyncapi.yaml").unlink()
    (tmp_path / "docs/reasons.md").write_text("by hand")
    assert stale_files(tmp_path) == ["docs/asyncapi.yaml", "docs/reasons.md"]


def test_no_schema_is_left_of_a_topic_that_is_gone() -> None:
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "schemas").iterdir()}
    assert found == {path for path in GENERATED if path.startswith("docs/schemas/")}
