"""The language of conditions: what it means, what it refuses, and how it says so."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.policy.expressions import Vocabulary, translate_condition, translate_value
from models.policy.rules import Condition, RuleInput, compile_conditions
from models.policy.syntax import MAX_DEPTH, MAX_LENGTH, MAX_NODES, ExpressionError

VOCABULARY = Vocabulary(
    numbers=frozenset({"a", "b", "c", "device_applicants_7d"}),
    texts={"channel": ("h5", "app", "store", "api"), "product": ("appliance", "cash")},
    parameters={"limit": 3.0},
)
Features = Mapping[str, float | None]


def given_features(features: Features) -> RuleInput:
    return RuleInput(features=features, channel="store", product="cash", anomaly=None, fraud_score=0.0)


def hits(text: str, **features: float | None) -> bool:
    run = compile_conditions([Condition(translate_condition(text, VOCABULARY))])
    return bool(run(given_features(features)))


def value(text: str, **features: float | None) -> str | float | None:
    condition = Condition(translate_condition("channel == 'store'", VOCABULARY), (translate_value(text, VOCABULARY),))
    [(_, values)] = compile_conditions([condition])(given_features(features))
    return values[0]


@pytest.mark.parametrize(
    ("text", "features", "expected"),
    [
        ("a >= 3", {"a": 3.0}, True),
        ("a >= 3", {"a": 2.999}, False),
        ("a >= limit", {"a": 3.0}, True),
        ("1 < a <= 3", {"a": 3.0}, True),
        ("1 < a <= 3", {"a": 1.0}, False),
        ("a", {"a": 1.0}, True),
        ("a", {"a": 0.0}, False),
        ("not a", {"a": 0.0}, True),
        ("a + b * 2 == 7", {"a": 1.0, "b": 3.0}, True),
        ("(a + b) * 2 == 8", {"a": 1.0, "b": 3.0}, True),
        ("-a < -limit", {"a": 3.5}, True),
        ("a / b >= 0.5", {"a": 1.0, "b": 2.0}, True),
        ("max(a, b, 2) == 2 and min(a, b) == 0 and abs(b - a) == 1", {"a": 1.0, "b": 0.0}, True),
        ("a in (1, 2)", {"a": 2.0}, True),
        ("a not in (1, 2)", {"a": 2.0}, False),
        ("channel == 'store'", {}, True),
        ("'store' == channel", {}, True),
        ("channel != 'store'", {}, False),
        ("channel in ('h5', 'store') and product not in ('appliance',)", {}, True),
        ("a >= 1\n  and b >= 1", {"a": 1.0, "b": 1.0}, True),
    ],
)
def test_a_condition_means_what_it_means_in_python(text: str, features: Features, expected: bool) -> None:
    assert hits(text, **features) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 0", False),
        ("not a > 0", False),
        ("a", False),
        ("not a", False),
        ("a == a", False),
        ("a in (1, 2) or a not in (1, 2)", False),
        ("a > 0 or b > 0", True),
        ("b > 0 or a > 0", True),
        ("a > 0 and b > 0", False),
        ("not (a > 0 and b > 0)", False),
        ("not (a > 0 and b < 0)", True),
        ("not (a > 0 or b < 0)", False),
        ("not not b > 0", True),
        ("a + b > 0", False),
        ("max(a, b) > 0", False),
        ("b / c > 0", False),
        ("not b / c > 0", False),
        ("missing(a)", True),
        ("not missing(a)", False),
        ("missing(b)", False),
        ("not missing(b)", True),
        ("missing(a + b)", True),
        ("missing(b / c)", True),
        ("0 < b < a", False),
        ("5 < b < a", False),
        ("not 5 < b < a", True),
    ],
)
def test_a_missing_operand_makes_a_comparison_neither_true_nor_false(text: str, expected: bool) -> None:
    assert hits(text, a=None, b=1.0, c=0.0) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("b + 1", 2.0), ("a", None), ("a + b", None), ("b / c", None), ("b / (c - c)", None), ("'7d'", "7d"), ("3", 3.0)],
)
def test_a_value_is_none_when_something_in_it_is_missing(text: str, expected: object) -> None:
    assert value(text, a=None, b=1.0, c=0.0) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "device_aplicants_7d > 1",
            "column 1: unknown name 'device_aplicants_7d'; did you mean 'device_applicants_7d'?",
        ),
        ("a > 1 and zzz > 1", "column 11: unknown name 'zzz'"),
        ("", "column 1: the expression is empty"),
        ("a >", "not an expression"),
        ("a = 1", "not an expression"),
        ("1or a", "not an expression"),
        ("a.real > 1", "'a.real' is not allowed here (Attribute)"),
        ("__import__('os')", "is not a condition"),
        ("__import__('os') == 1", "'__import__' is not a function here"),
        ("a.__class__ == 1", "(Attribute)"),
        ("__builtins__ == 1", "unknown name '__builtins__'"),
        ("missin(a) == 1", "did you mean 'missing'?"),
        ("min(x for x in (a, b)) > 1", "min() takes two numbers or more"),
        ("max(1, (x for x in (a, b))) > 1", "(GeneratorExp)"),
        ("(lambda) > 1", "not an expression"),
        ("lambda: a", "the character ':' is not allowed"),
        ("[a][0] > 1", "column 1: the character '[' is not allowed"),
        ("{a} == 1", "the character '{' is not allowed"),
        ("a > 1; b", "the character ';' is not allowed"),
        ("a ** 9 > 1", "(BinOp)"),
        ("a // 2 > 1", "(BinOp)"),
        ("a if b else c", "is not a condition"),
        ("a is 1", "`is` is not allowed"),
        ("a == None", "(Constant)"),
        ("a == True", "(Constant)"),
        ("a == 1j", "(Constant)"),
        ("a == b''", "(Constant)"),
        ("a == ...", "(Constant)"),
        ("a + 1", "'a + 1' is not a condition"),
        ("3", "is not a condition"),
        ("'store'", "is not a condition"),
        ("channel", "is not a condition"),
        ("1 < 2", "looks at nothing"),
        ("limit > 2", "looks at nothing"),
        ("(a > 1) + 1 > 1", "is a condition where a value is needed"),
        ("(not a) > 1", "is a condition where a value is needed"),
        ("missing(a) == 1", "missing() is a condition, not a value"),
        ("missing(1)", "1 is never missing"),
        ("missing(channel)", "is a text where a number is needed"),
        ("missing(a, b)", "missing() takes one value"),
        ("abs(a, b) > 1", "abs() takes one number"),
        ("min(a, key=b) > 1", "takes two numbers"),
        ("channel > 'h5'", "not with >"),
        ("channel + 'x' == 'h5'", "is a text where a number is needed"),
        ("channel == 3", "cannot be compared"),
        ("channel == 'stoer'", "channel is never 'stoer'; did you mean 'store'?"),
        ("'zzzz' == channel", "channel is never 'zzzz'; it is one of h5, app, store, api"),
        ("channel in ('h5', 'xyz')", "channel is never 'xyz'"),
        ("channel in ('h5', 1)", "cannot be compared"),
        ("a in ()", "comes a list in parentheses"),
        ("a in b", "comes a list in parentheses"),
        ("a in (1, b)", "cannot be compared"),
        ("a > 1e999", "the number is too large"),
        (f"a > {'9' * 400}", "the number is too large"),
    ],
)
def test_whatever_is_not_in_the_language_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        translate_condition(text, VOCABULARY)
    assert message in str(error.value)


def test_length_parts_and_depth_are_bounded() -> None:
    assert translate_condition("a > 1".ljust(MAX_LENGTH - 2) + "+1", VOCABULARY)
    with pytest.raises(ExpressionError, match="characters"):
        translate_condition("a > 1".ljust(MAX_LENGTH - 1) + "+1", VOCABULARY)

    terms = (MAX_NODES - 2) // 4
    assert translate_condition(" or ".join(["not a"] * terms), VOCABULARY)
    with pytest.raises(ExpressionError, match="parts"):
        translate_condition(" or ".join(["a"] * MAX_NODES), VOCABULARY)

    assert translate_condition("not " * MAX_DEPTH + "a", VOCABULARY)
    with pytest.raises(ExpressionError, match="nested"):
        translate_condition("not " * (MAX_DEPTH + 1) + "a", VOCABULARY)


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="abc()<=>!+-*/'. 019ornotmissing", max_size=60))
def test_no_text_raises_anything_but_an_expression_error(text: str) -> None:
    for translate in (translate_condition, translate_value):
        try:
            translate(text, VOCABULARY)
        except ExpressionError:
            continue


numbers = st.recursive(
    st.sampled_from(["a", "b", "c", "limit", "0", "1", "2.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        inner.map(lambda t: f"abs({t})"),
        inner.map(lambda t: f"(-{t})"),
    ),
    max_leaves=5,
)
tests = st.one_of(
    st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join),
    st.tuples(numbers, st.sampled_from(["<", ">="]), numbers, st.sampled_from(["<=", ">"]), numbers).map(" ".join),
    numbers.map(lambda t: f"{t} in (1, 2.5)"),
    st.sampled_from(["missing(a)", "missing(b / c)", "a", "b"]),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"(not {t})"),
    ),
    max_leaves=6,
)
values = st.none() | st.floats() | st.sampled_from([0.0, 1.0, 2.5, 3.0])


@settings(deadline=None)
@given(conditions, values, values, values)
def test_the_translation_agrees_with_kleene_logic_and_never_raises(
    text: str, a: float | None, b: float | None, c: float | None
) -> None:
    features = {"a": a, "b": b, "c": c}
    try:
        condition = Condition(translate_condition(text, VOCABULARY))
    except ExpressionError as error:
        assert "looks at nothing" in str(error)
        return
    assert bool(compile_conditions([condition])(given_features(features))) is bool(kleene(text, features))


def kleene(text: str, features: Features) -> bool | float | None:
    """Evaluates by walking the tree with None for missing: slow, and nothing like the translation."""
    return _walk(ast.parse(text, mode="eval").body, {**features, "limit": 3.0})


ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
ORDERINGS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _walk(node: ast.AST, names: Features) -> bool | float | None:
    if isinstance(node, ast.BoolOp):
        parts = [_truth(value, names) for value in node.values]
        return _and(parts) if isinstance(node.op, ast.And) else _not(_and([_not(part) for part in parts]))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _not(_truth(node.operand, names))
    if isinstance(node, ast.Compare):
        lefts = [node.left, *node.comparators]
        return _and([_compare(*each, names) for each in zip(lefts, node.ops, node.comparators, strict=False)])
    if isinstance(node, ast.Call):
        operands = [_number(argument, names) for argument in node.args]
        function = ast.unparse(node.func)
        if function == "missing":
            return operands[0] is None
        present = [operand for operand in operands if operand is not None]
        if len(present) < len(operands):
            return None
        return abs(present[0]) if function == "abs" else {"min": min, "max": max}[function](present)
    return _number(node, names)


def _number(node: ast.AST, names: Features) -> float | None:
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int | float)
        return float(node.value)
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp):
        operand = _number(node.operand, names)
        return None if operand is None else -operand
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left, names), _number(node.right, names)
        if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
            return None
        return ARITHMETIC[type(node.op)](left, right)
    return _walk(node, names)


def _truth(node: ast.AST, names: Features) -> bool | None:
    found = _walk(node, names)
    return None if found is None else bool(found)


def _compare(left: ast.expr, op: ast.cmpop, right: ast.expr, names: Features) -> bool | None:
    one = _number(left, names)
    if isinstance(op, ast.In):
        return None if one is None else one in (1.0, 2.5)
    other = _number(right, names)
    return None if one is None or other is None else ORDERINGS[type(op)](one, other)


def _and(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth
