"""One demo a directory, and each starts empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demonstration.place import empty_directory
from scripts.embedded import EmbeddedError
from scripts.embedded.locks import try_lock


def test_what_the_last_demo_left_is_gone_and_what_this_one_leaves_stays(tmp_path: Path) -> None:
    left = tmp_path / "demo" / "kafka" / "data"
    left.mkdir(parents=True)
    with empty_directory(tmp_path / "demo") as directory:
        assert not left.exists()
        (directory / "valkey").mkdir()
    assert (tmp_path / "demo" / "valkey").is_dir()


def test_a_second_demo_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    with empty_directory(tmp_path) as directory:
        (directory / "kafka").mkdir()
        with pytest.raises(EmbeddedError, match="in use by another demo"), empty_directory(tmp_path):
            pass
        assert (directory / "kafka").is_dir()
    with empty_directory(tmp_path):
        pass


def test_a_server_that_uses_what_the_last_demo_left_is_not_robbed_of_it(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    assert try_lock(tmp_path / "kafka" / "lock") is not None
    with pytest.raises(EmbeddedError, match="in use"), empty_directory(tmp_path):
        pass
    assert (tmp_path / "kafka").is_dir()
