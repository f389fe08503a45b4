"""Signed snapshots: what was saved comes back, and whatever else is put there is refused before it is unpickled."""

from __future__ import annotations

import os
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model_files import MissingFileError, ModelFiles
from streams.snapshots import (
    MAGIC,
    ModelStore,
    SnapshotHeader,
    SnapshotRefusedError,
    name_of,
    path_of,
    sequence_of,
)

KEY = b"a key of sixteen bytes"
HEADER = SnapshotHeader(
    name="logistic",
    kind="logistic",
    sequence=7,
    parent="logistic-6-0a1b2c3d",
    created_at=datetime(2026, 11, 24, tzinfo=UTC),
    examples=5_000,
    frauds=40,
    metrics={"roc_auc": 0.91},
)
CONTENT = {"weights": [0.25, -1.5], "names": ("amount", "age"), "count": 3}


def store_at(directory: Path, key: bytes = KEY) -> ModelStore:
    return ModelStore(ModelFiles(str(directory)), key)


def file_of(directory: Path, version: str) -> Path:
    return directory / path_of(version)


class Runs:
    """Would run a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self._command,)


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    version = store_at(tmp_path).save(HEADER, CONTENT)
    snapshot = store_at(tmp_path).load(version)
    assert (snapshot.version, snapshot.header, snapshot.content) == (version, HEADER, CONTENT)
    inspected = store_at(tmp_path).inspect(version)
    assert (inspected.header, inspected.content, inspected.size_bytes) == (HEADER, None, snapshot.size_bytes)


def test_a_version_is_the_name_the_sequence_and_a_digest_of_header_and_content(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    version = store.save(HEADER, CONTENT)
    assert version.startswith("logistic-7-")
    assert (name_of(version), sequence_of(version)) == ("logistic", 7)
    assert store.save(HEADER, CONTENT) == version
    assert store.save(replace(HEADER, parent="logistic-6-ffffffff"), CONTENT) != version
    assert store.save(HEADER, CONTENT | {"count": 4}) != version


def test_numpy_arrays_may_be_saved(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    kept = store.load(store.save(HEADER, {"array": np.arange(6.0).reshape(2, 3), "one": np.float64(0.5)})).content
    assert kept["array"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert kept["one"] == 0.5


@pytest.mark.parametrize("name", ["", "Logistic", "two words", "up/../", "x" * 41])
def test_a_name_that_makes_no_version_is_not_saved(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        store_at(tmp_path).save(replace(HEADER, name=name), CONTENT)
    assert store_at(tmp_path).versions() == []


@given(data=st.data())
def test_one_changed_bit_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("store")
    version = store_at(directory).save(HEADER, CONTENT)
    content = bytearray(file_of(directory, version).read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    file_of(directory, version).write_bytes(content)
    for read in (store_at(directory).load, store_at(directory).inspect):
        with pytest.raises(SnapshotRefusedError):
            read(version)


@given(length=st.integers(0, 300))
def test_a_file_that_is_cut_short_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    directory = tmp_path_factory.mktemp("store")
    version = store_at(directory).save(HEADER, CONTENT)
    content = file_of(directory, version).read_bytes()
    file_of(directory, version).write_bytes(content[: min(length, len(content) - 1)])
    with pytest.raises(SnapshotRefusedError):
        store_at(directory).load(version)


def test_what_another_key_has_signed_is_refused(tmp_path: Path) -> None:
    version = store_at(tmp_path, b"somebody else's key").save(HEADER, CONTENT)
    with pytest.raises(SnapshotRefusedError, match="the signature does not verify"):
        store_at(tmp_path).load(version)


def test_a_payload_is_not_unpickled_unless_the_signature_verifies(tmp_path: Path) -> None:
    proof = tmp_path / "it ran"
    version = store_at(tmp_path, b"somebody else's key").save(HEADER, Runs(f"touch '{proof}'"))
    with pytest.raises(SnapshotRefusedError, match="signature"):
        store_at(tmp_path).load(version)
    assert not proof.exists()
    pickle.loads(pickle.dumps(Runs(f"touch '{proof}'")))  # noqa: S301 - this shows that it would have run
    assert proof.exists()


def test_a_call_in_a_pickle_with_the_right_signature_is_refused_all_the_same(tmp_path: Path) -> None:
    proof = tmp_path / "it ran"
    version = store_at(tmp_path).save(HEADER, Runs(f"touch '{proof}'"))
    with pytest.raises(SnapshotRefusedError, match=r"system is not allowed in a snapshot"):
        store_at(tmp_path).load(version)
    assert not proof.exists()


@pytest.mark.parametrize("thing", [eval, print, ModelStore, SnapshotHeader, Path("a")])
def test_classes_and_functions_that_are_not_on_the_list_are_refused(tmp_path: Path, thing: object) -> None:
    version = store_at(tmp_path).save(HEADER, [thing])
    with pytest.raises(SnapshotRefusedError, match="is not allowed in a snapshot"):
        store_at(tmp_path).load(version)


def test_a_snapshot_under_another_ones_name_is_refused(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    old, new = store.save(HEADER, CONTENT), store.save(replace(HEADER, sequence=8), CONTENT)
    file_of(tmp_path, new).write_bytes(file_of(tmp_path, old).read_bytes())
    with pytest.raises(SnapshotRefusedError, match="another snapshot"):
        store.load(new)


def test_a_learners_snapshot_does_not_pass_for_a_scorer(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    version = store.save(replace(HEADER, role="learner"), CONTENT)
    assert store.load(version, "learner").content == CONTENT
    assert (store.versions(), store.versions("learner")) == ([], [version])
    file_of(tmp_path, version).parent.mkdir()
    (tmp_path / path_of(version, "learner")).rename(file_of(tmp_path, version))
    with pytest.raises(SnapshotRefusedError, match="another snapshot"):
        store.load(version)


@pytest.mark.parametrize("content", [b"", b"anything", MAGIC, MAGIC + b"\xff\xff\xff\xff" + b"x" * 100])
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    version = store_at(tmp_path).save(HEADER, CONTENT)
    file_of(tmp_path, version).write_bytes(content)
    with pytest.raises(SnapshotRefusedError):
        store_at(tmp_path).load(version)


@pytest.mark.parametrize("version", ["", "../../etc/passwd", "logistic-7", "logistic-7-xyz", "logistic-7-0a1b2c3d\n"])
def test_what_is_no_version_is_refused_without_looking_for_a_file(tmp_path: Path, version: str) -> None:
    with pytest.raises(SnapshotRefusedError, match="no version"):
        store_at(tmp_path).load(version)


def test_a_version_that_is_not_there_is_unavailable_and_may_come(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        store_at(tmp_path).load("logistic-7-0a1b2c3d")


def test_versions_are_listed_by_sequence_and_pruned_from_the_oldest(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    versions = [store.save(replace(HEADER, sequence=sequence), CONTENT) for sequence in (9, 10, 2, 11)]
    nine, ten, two, eleven = versions
    (tmp_path / "serving" / "notes.txt").write_text("not ours")
    assert store.versions() == [two, nine, ten, eleven]
    assert store.prune("serving", keep=1, spare=[nine]) == [two, ten]
    assert store.versions() == [nine, eleven]
    assert store.prune("serving", keep=2) == []
    assert store.prune("serving", keep=0) == [nine, eleven]
