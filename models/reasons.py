"""The catalogue of reason codes: what each code of the contract means, in English and in Chinese.

Codes are stable: they are added, never renamed. The texts are in `models.reason_texts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Literal

from models.decision import DetailValue, Reason
from models.reason_texts import REASON_TEXTS, ReasonText

Language = Literal["en", "zh"]

REASONS: Mapping[str, ReasonText] = {text.code: text for text in REASON_TEXTS}
"""Code -> its text, in the contract's order."""

UNKNOWN: Mapping[Language, str] = {"en": "unknown", "zh": "未知"}
SEPARATOR: Mapping[Language, str] = {"en": ", ", "zh": "、"}


def placeholders(code: str) -> frozenset[str]:
    """The detail names that the texts of a code speak of. Raises KeyError for an unknown code."""
    text = REASONS[code]
    return frozenset(
        name for template in (text.english, text.chinese) for _, name, _, _ in Formatter().parse(template) if name
    )


def explain(reason: Reason, language: Language = "en") -> str:
    """One sentence for a person. A detail that is missing reads "unknown". Raises KeyError for an unknown code."""
    text = REASONS[reason.code]
    template = text.english if language == "en" else text.chinese
    details = {name: _shown(reason.detail.get(name), language) for name in placeholders(reason.code)}
    return template.format(**details)


def reasons_markdown() -> str:
    """The catalogue as a page: one table a group."""
    lines = [
        "# Reason codes",
        "",
        "Generated from `models/reason_texts.py`. Codes are stable: added, never renamed. Names in braces are filled in"
        " from the reason's `detail`.",
    ]
    group = ""
    for text in REASON_TEXTS:
        if text.group != group:
            group = text.group
            lines += ["", f"## {group}", "", "| code | meaning | 含义 |", "|---|---|---|"]
        lines.append(f"| `{text.code}` | {text.english} | {text.chinese} |")
    return "\n".join(lines) + "\n"


def _shown(value: DetailValue, language: Language) -> str:
    if value is None or value == []:
        return UNKNOWN[language]
    if isinstance(value, list):
        return SEPARATOR[language].join(value)
    return str(value)
