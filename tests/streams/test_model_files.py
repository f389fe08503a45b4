"""Files of the model store, in a directory and behind an fsspec URL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from config.errors import SettingsError
from streams.model_files import MissingFileError, ModelFiles, StoreUnavailableError


@pytest.fixture(params=["directory", "url"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModelFiles]:
    """A store of each kind; the URL's is in memory."""
    if request.param == "directory":
        yield ModelFiles(str(tmp_path / "store"))
        return
    url = f"memory://{uuid.uuid4().hex}"
    yield ModelFiles(url)
    fsspec.filesystem("memory").store.clear()


def test_what_was_written_is_read_back_and_listed_by_folder(files: ModelFiles) -> None:
    files.write("a/one", b"1")
    files.write("a/two", b"2")
    files.write("b/three", b"3")
    assert files.read("a/one") == b"1"
    assert files.names("a") == ["one", "two"]
    assert files.names("b") == ["three"]
    assert files.names("c") == []


def test_a_file_that_is_there_is_never_overwritten(files: ModelFiles) -> None:
    files.write("a/one", b"first")
    files.write("a/one", b"second")
    assert files.read("a/one") == b"first"


def test_a_file_that_is_not_there_is_unavailable(files: ModelFiles) -> None:
    with pytest.raises(MissingFileError, match="has no a/one"):
        files.read("a/one")


def test_a_deleted_file_is_gone_and_deleting_it_again_is_nothing(files: ModelFiles) -> None:
    files.write("a/one", b"1")
    files.delete("a/one")
    files.delete("a/one")
    assert files.names("a") == []


def test_nothing_but_whole_files_is_left_in_a_directory_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no space left")

    files = ModelFiles(str(tmp_path / "store"))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailableError, match="no space left"):
        files.write("a/one", b"1")
    assert list((tmp_path / "store" / "a").iterdir()) == []


def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    files = ModelFiles(str(tmp_path / "file"))
    for use in (lambda: files.write("a/one", b"1"), lambda: files.read("a/one"), lambda: files.names("a")):
        with pytest.raises(StoreUnavailableError):
            use()


def test_a_url_that_nothing_is_known_of_is_the_settings_fault() -> None:
    with pytest.raises(SettingsError, match="TIDEGATE_MODEL_DIR: nosuch://bucket"):
        ModelFiles("nosuch://bucket")
