"""A policy: thresholds, rules, scorecard and limits, loaded from TOML, checked and compiled once."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Struct

import config
from config.errors import SettingsError
from models.enrichment import WINDOW_NAMES
from models.events import Channel, Product
from models.features.registry import FEATURE_NAMES
from models.link_weights import Crowds
from models.policy.document import PolicyDocument, RuleDocument
from models.policy.expressions import Translation, Vocabulary, translate_condition, translate_value
from models.policy.rules import SCORE_NAMES, Condition, Conditions, Rule, RuleSet, compile_conditions
from models.policy.syntax import ExpressionError, did_you_mean
from models.reasons import REASONS, placeholders
from models.scoring.scorecard import Scorecard
from models.scoring.variables import VariableScorer

DEFAULT_POLICY = Path(config.__file__).with_name("policy.toml")
TEXTS: Mapping[str, tuple[str, ...]] = {"channel": get_args(Channel), "product": get_args(Product)}
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
PATH = re.compile(r"(?P<message>.*) - at `\$\.?(?P<path>.*)`\Z", re.DOTALL)


class PolicyError(SettingsError):
    """What is wrong with a policy. `problems` has one line for each, naming file, rule and key."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = [f"{source}: {problem}" for problem in problems]
        super().__init__("\n".join(self.problems))


class Policy(Struct, frozen=True, kw_only=True):
    """A loaded policy. Nothing in it changes, so any number of decisions may share it."""

    name: str
    version: str
    """The version that the file declares and a short hash of what it says: same version, same policy."""
    document: PolicyDocument
    rules: RuleSet
    velocity_thresholds: Mapping[str, list[tuple[int, int, int]]]
    """Identifier kind -> position in `document.alerts.velocity`, position of the window, applications."""
    velocity_unless: Conditions
    """Hits at the positions of `document.alerts.velocity` whose `unless` holds."""
    scorecard: Scorecard
    variables: VariableScorer
    crowds: Crowds
    """Those of `document.crowds`."""


def load_policy(text: str, source: str) -> Policy:
    """A policy from its TOML text. `source` names it in errors, e.g. the file's path. Raises PolicyError."""
    document = _read(text, source)
    checker = _Checker(document)
    checker.check_parameters()
    checker.check_features()
    checker.check_control()
    rules = [rule for number, written in enumerate(document.rules, 1) if (rule := checker.rule(number, written))]
    unless = checker.velocity_unless()
    checker.check_unused_parameters()
    if checker.problems:
        raise PolicyError(source, checker.problems)
    digest = blake2b(msgspec.json.encode(document, order="deterministic"), digest_size=4).hexdigest()
    return Policy(
        name=document.name,
        version=f"{document.version}-{digest}",
        document=document,
        rules=RuleSet(rules),
        velocity_thresholds=_velocity_thresholds(document),
        velocity_unless=compile_conditions(unless),
        scorecard=Scorecard(document.scorecard),
        variables=VariableScorer(document.scores),
        crowds={(each.kind, each.token): each.weight for each in document.crowds},
    )


def load_policy_file(path: Path | None = None) -> Policy:
    """A policy from a file; None is the one that ships with the product. Raises PolicyError."""
    path = path or DEFAULT_POLICY
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(str(path), [f"cannot be read: {error}"]) from error
    return load_policy(text, str(path))


def _read(text: str, source: str) -> PolicyDocument:
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(source, [f"not TOML: {error}"]) from error
    endless = list(_not_finite(raw, ""))
    if endless:
        raise PolicyError(source, [f"{path}: a number must be finite" for path in endless])
    try:
        return msgspec.convert(raw, PolicyDocument)
    except msgspec.ValidationError as error:
        raise PolicyError(source, [_located(str(error), raw)]) from error


def _velocity_thresholds(document: PolicyDocument) -> dict[str, list[tuple[int, int, int]]]:
    thresholds: dict[str, list[tuple[int, int, int]]] = {}
    for position, alert in enumerate(document.alerts.velocity):
        window = WINDOW_NAMES.index(alert.window)
        thresholds.setdefault(alert.kind, []).append((position, window, alert.applications))
    return thresholds


def _not_finite(value: object, path: str) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _not_finite(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _not_finite(inner, f"{path}[{position}]")


def _located(message: str, raw: dict[str, Any]) -> str:
    """A validation message with the key first, and rules by their code: `rule DEVICE_NEW (rules[3]).effect: ...`."""
    found = PATH.match(message)
    if found is None:
        return message
    path, position = found["path"], re.match(r"rules\[(\d+)\]", found["path"])
    if position is not None:
        rule = raw["rules"][int(position[1])]
        code = rule.get("code", "?") if isinstance(rule, dict) else "?"
        path = f"rule {code} ({position[0]}){path[position.end() :]}"
    return f"{path}: {found['message']}"


class _Checker:
    """Checks what the types cannot, and notes every problem it finds."""

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document
        self.problems: list[str] = []
        self._used: set[str] = set()
        self._vocabulary = Vocabulary(
            numbers=frozenset((*FEATURE_NAMES, *SCORE_NAMES)), texts=TEXTS, parameters=document.parameters
        )

    def check_parameters(self) -> None:
        for name in self.document.parameters:
            if not PARAMETER_NAME.match(name):
                self.problems.append(f"parameters.{name}: a name is made of a-z, 0-9 and _")
            elif name in self._vocabulary.numbers or name in TEXTS:
                self.problems.append(f"parameters.{name}: a feature has this name")

    def check_unused_parameters(self) -> None:
        for name in self.document.parameters:
            if name not in self._used:
                self.problems.append(f"parameters.{name}: nothing uses it")

    def check_features(self) -> None:
        """The scorecard and the variable scores speak of features that there are."""
        scores = self.document.scores
        tables = {
            "scorecard": self.document.scorecard.features,
            "scores.bureau": scores.bureau.features,
            "scores.transaction": scores.transaction.features,
            "scores.behaviour": scores.behaviour.features,
            "scores.other": scores.other.features,
        }
        for table, features in tables.items():
            for feature in features:
                if feature.name not in FEATURE_NAMES:
                    hint = did_you_mean(feature.name, FEATURE_NAMES)
                    self.problems.append(f"{table}.features: unknown feature {feature.name!r}{hint}")

    def rule(self, number: int, written: RuleDocument) -> Rule | None:
        """The rule checked and translated; None when it has a problem."""
        where = f"rule {written.code} (number {number})"
        before = len(self.problems)
        if written.code not in REASONS:
            self.problems.append(f"{where}, code: unknown reason code{did_you_mean(written.code, REASONS)}")
        else:
            lacking = sorted(placeholders(written.code) - set(written.detail))
            if lacking:
                self.problems.append(f"{where}, detail: the reason's text speaks of {', '.join(lacking)}")
        when = self._translated(f"{where}, when", written.when, translate_condition)
        values = [
            self._translated(f"{where}, detail.{name}", str(value), translate_value)
            for name, value in written.detail.items()
        ]
        if when is None or len(self.problems) > before:
            return None
        condition = Condition(when, tuple(value for value in values if value is not None))
        return Rule(code=written.code, effect=written.effect, condition=condition, details=tuple(written.detail))

    def check_control(self) -> None:
        for code in self.document.control.never:
            if code not in REASONS:
                self.problems.append(f"control.never: unknown reason code{did_you_mean(code, REASONS)}")

    def velocity_unless(self) -> list[Condition]:
        """The `unless` of each velocity alert; one that never holds where there is none."""
        conditions = []
        for number, alert in enumerate(self.document.alerts.velocity):
            when = NEVER
            if alert.unless is not None:
                where = f"alerts.velocity[{number}] ({alert.kind}), unless"
                when = self._translated(where, alert.unless, translate_condition) or NEVER
            conditions.append(Condition(when))
        return conditions

    def _translated(
        self, where: str, text: str, translate: Callable[[str, Vocabulary], Translation]
    ) -> Translation | None:
        try:
            translation = translate(text, self._vocabulary)
        except ExpressionError as error:
            self.problems.append(f"{where}, {error}")
            return None
        self._used |= translation.parameters
        return translation


NEVER = Translation("False", frozenset(), frozenset(), frozenset())
