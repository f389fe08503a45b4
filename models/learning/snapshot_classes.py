"""What snapshots of models may be made of: exact pairs of module and name, nothing else is made from one."""

from __future__ import annotations

SNAPSHOT_CLASSES: frozenset[tuple[str, str]] = frozenset(
    {
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
    }
)
