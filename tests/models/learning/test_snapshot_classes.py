"""The classes that snapshots may be made of."""

from __future__ import annotations

import importlib

import pytest

from models.learning.snapshot_classes import SNAPSHOT_CLASSES


@pytest.mark.parametrize(("module", "name"), sorted(SNAPSHOT_CLASSES))
def test_each_is_there_and_is_a_class_of_ours_or_what_numpy_pickles_by(module: str, name: str) -> None:
    found = getattr(importlib.import_module(module), name)
    assert callable(found)
    assert isinstance(found, type) or module.startswith("numpy.")


def test_none_of_them_can_run_what_it_is_given() -> None:
    assert not {module.split(".")[0] for module, _ in SNAPSHOT_CLASSES} - {"models", "numpy"}
    assert all(module.startswith("models.learning.") for module, _ in SNAPSHOT_CLASSES if module.startswith("models"))
