"""The page that lists all features, for `docs/features.md`."""

from __future__ import annotations

from itertools import groupby

from models.features.registry import REGISTRY


def features_markdown() -> str:
    """A Markdown page with one table a group, made from the registry."""
    lines = [
        "# Features",
        "",
        f"The {len(REGISTRY)} numbers that rules, scorecard and models see of an application. Generated from",
        "`models/features/`; do not edit. A feature that is missing has no value, which is never 0. Counts are in",
        "windows of event time that end at the application and include it. A `flag` is 0 or 1.",
    ]
    for group, features in groupby(REGISTRY, key=lambda feature: feature.group):
        lines += ["", f"## {group}", "", "| name | unit | meaning |", "|---|---|---|"]
        lines += [f"| `{feature.name}` | {feature.unit} | {feature.meaning} |" for feature in features]
    return "\n".join(lines) + "\n"
