"""The language of a policy's conditions: a small, checked subset of Python expressions with missing values.

    device_applicants_7d >= many_identities and not device_store_share >= kiosk_share

Allowed: numbers and texts, names of the vocabulary, `and` / `or` / `not`, comparisons (chained too; texts only with
`==`, `!=`, `in`, `not in`), `+ - * /`, `min`, `max`, `abs`, and `missing(x)`. Nothing else: no attributes, no
subscripts, no other calls, so an expression can neither reach anything nor run for long.

Missing values follow Kleene's three-valued logic: arithmetic on a missing value, and a division by zero, is missing; a
comparison with a missing value is neither true nor false; `a or b` is true when either is, whatever the other; `not` of
a missing truth is missing. A condition *hits* only when it is true.

Expressions are translated once, at load, into Python source that needs no third value at run time: asked whether
`not (a and b)` is true, the translation asks whether a is false or b is false, and a comparison is true (or false) only
when its operands are there. `models.policy.rules` joins the sources of all rules into one function.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from msgspec import Struct

from models.policy.syntax import MAX_NODES, ExpressionError, did_you_mean, error_at, parse_expression

FUNCTIONS = ("min", "max", "abs", "missing")

ARITHMETIC: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
ORDERINGS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
MEMBERSHIPS: Mapping[type[ast.cmpop], str] = {ast.In: "in", ast.NotIn: "not in"}


class Vocabulary(Struct, frozen=True, kw_only=True):
    """The names that an expression may use."""

    numbers: frozenset[str]
    """Features and scores: float or missing."""
    texts: Mapping[str, tuple[str, ...]]
    """Name -> the values it can take, missing in a history only (`channel`, `product`)."""
    parameters: Mapping[str, float]
    """Named constants of the policy."""

    def names(self) -> list[str]:
        return sorted({*self.numbers, *self.texts, *self.parameters})


class Translation(Struct, frozen=True):
    """Python source over the locals `v_<name>`, and the names it reads."""

    source: str
    numbers: frozenset[str]
    texts: frozenset[str]
    parameters: frozenset[str]


class _Operand(Struct, frozen=True):
    """A value: its source, and what must hold, in this order, for it to be there."""

    source: str
    present: tuple[str, ...] = ()
    text: tuple[str, ...] | None = None
    """For a text: the values it can take."""


def translate_condition(text: str, vocabulary: Vocabulary) -> Translation:
    """Source of a Python expression that is true exactly when the condition hits. Raises ExpressionError."""
    translator = _Translator(vocabulary)
    tree = parse_expression(text)
    source = translator.truth(tree, wanted=True)
    if not translator.numbers and not translator.texts:
        raise ExpressionError("the condition looks at nothing: it would always give the same", 1)
    return translator.translation(source)


def translate_value(text: str, vocabulary: Vocabulary) -> Translation:
    """Source of a Python expression for the value of `text`, None when that is missing. Raises ExpressionError."""
    translator = _Translator(vocabulary)
    operand = translator.operand(parse_expression(text))
    if not operand.present:
        return translator.translation(operand.source)
    return translator.translation(f"({operand.source} if {_all(operand.present)} else None)")


class _Translator:
    """Translates one expression, and notes the names it reads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.numbers: set[str] = set()
        self.texts: set[str] = set()
        self.parameters: set[str] = set()

    def translation(self, source: str) -> Translation:
        return Translation(source, frozenset(self.numbers), frozenset(self.texts), frozenset(self.parameters))

    def truth(self, node: ast.expr, *, wanted: bool) -> str:
        """Source that is true when `node` is `wanted` for certain: missing is neither true nor false."""
        match node:
            case ast.BoolOp(op=op, values=values):
                both = isinstance(op, ast.And) is wanted
                return _joined([self.truth(value, wanted=wanted) for value in values], "and" if both else "or")
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.truth(inner, wanted=not wanted)
            case ast.Compare():
                pairs = zip([node.left, *node.comparators], node.ops, node.comparators, strict=False)
                tests = [self._comparison(left, op, right, wanted=wanted) for left, op, right in pairs]
                return _joined(tests, "and" if wanted else "or")
            case ast.Call(func=ast.Name(id="missing")):
                return self._missing(node, wanted=wanted)
            case ast.Name() if node.id in self.vocabulary.numbers:
                operand = self.operand(node)
                return _all((*operand.present, f"{operand.source} {'!=' if wanted else '=='} 0.0"))
        raise error_at(node, f"{ast.unparse(node)!r} is not a condition; compare it with something")

    def operand(self, node: ast.expr) -> _Operand:
        """A number or text."""
        match node:
            case ast.Constant(value=str() as value):
                return _Operand(repr(value), text=(value,))
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return _Operand(_number(node, value))
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=inner):
                signed = self._number_operand(inner)
                return _Operand(f"({'-' if isinstance(op, ast.USub) else '+'}{signed.source})", signed.present)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self._arithmetic(self._number_operand(left), ARITHMETIC[type(op)], self._number_operand(right))
            case ast.Call(func=ast.Name(id=function)) if function in FUNCTIONS and function != "missing":
                return self._call(node, function)
        raise self._not_a_value(node)

    def _name(self, node: ast.expr, name: str) -> _Operand:
        if name in self.vocabulary.parameters:
            self.parameters.add(name)
            return _Operand(_number(node, self.vocabulary.parameters[name]))
        if name in self.vocabulary.texts:
            self.texts.add(name)
            return _Operand(f"v_{name}", text=self.vocabulary.texts[name])
        if name in self.vocabulary.numbers:
            self.numbers.add(name)
            return _Operand(f"v_{name}", (f"v_{name} is not None",))
        raise error_at(node, f"unknown name {name!r}{did_you_mean(name, self.vocabulary.names())}")

    def _number_operand(self, node: ast.expr) -> _Operand:
        operand = self.operand(node)
        if operand.text is not None:
            raise error_at(node, f"{ast.unparse(node)} is a text where a number is needed")
        return operand

    @staticmethod
    def _arithmetic(left: _Operand, sign: str, right: _Operand) -> _Operand:
        present = _merged(left.present, right.present)
        if sign == "/":
            present = _merged(present, (f"{right.source} != 0.0",))
        return _Operand(f"({left.source} {sign} {right.source})", present)

    def _call(self, node: ast.Call, function: str) -> _Operand:
        least, most = (1, 1) if function == "abs" else (2, MAX_NODES)
        if node.keywords or not least <= len(node.args) <= most:
            needs = "one number" if function == "abs" else "two numbers or more"
            raise error_at(node, f"{function}() takes {needs}")
        operands = [self._number_operand(argument) for argument in node.args]
        sources = ", ".join(operand.source for operand in operands)
        return _Operand(f"{function}({sources})", _merged(*(operand.present for operand in operands)))

    def _missing(self, node: ast.Call, *, wanted: bool) -> str:
        if node.keywords or len(node.args) != 1:
            raise error_at(node, "missing() takes one value")
        operand = self._number_operand(node.args[0])
        if not operand.present:
            raise error_at(node, f"{ast.unparse(node.args[0])} is never missing")
        present = _all(operand.present)
        return f"(not {present})" if wanted else present

    def _comparison(self, left_node: ast.expr, op: ast.cmpop, right_node: ast.expr, *, wanted: bool) -> str:
        if type(op) in MEMBERSHIPS:
            return self._membership(left_node, MEMBERSHIPS[type(op)], right_node, wanted=wanted)
        if type(op) not in ORDERINGS:
            raise error_at(right_node, "`is` is not allowed; write == or missing(x)")
        sign = ORDERINGS[type(op)]
        left, right = self.operand(left_node), self.operand(right_node)
        if (left.text is None) != (right.text is None):
            raise error_at(right_node, f"{ast.unparse(left_node)} and {ast.unparse(right_node)} cannot be compared")
        if left.text is not None and right.text is not None:
            if sign not in ("==", "!="):
                raise error_at(right_node, f"texts are compared with ==, != or in, not with {sign}")
            self._check_values(left_node, left.text, right_node, right.text)
        return self._test(_merged(left.present, right.present), f"{left.source} {sign} {right.source}", wanted=wanted)

    def _membership(self, left_node: ast.expr, sign: str, right_node: ast.expr, *, wanted: bool) -> str:
        left = self.operand(left_node)
        if not isinstance(right_node, ast.Tuple) or not right_node.elts:
            raise error_at(right_node, f"after `{sign}` comes a list in parentheses, like ('h5', 'app')")
        values = [self.operand(element) for element in right_node.elts]
        for element, value in zip(right_node.elts, values, strict=True):
            if not isinstance(element, ast.Constant) or (left.text is None) != (value.text is None):
                raise error_at(element, f"{ast.unparse(element)} cannot be compared with {ast.unparse(left_node)}")
            if left.text is not None and value.text is not None:
                self._check_values(left_node, left.text, element, value.text)
        choices = ", ".join(value.source for value in values)
        return self._test(left.present, f"{left.source} {sign} ({choices},)", wanted=wanted)

    @staticmethod
    def _check_values(
        left: ast.expr, left_values: tuple[str, ...], right: ast.expr, right_values: tuple[str, ...]
    ) -> None:
        if set(left_values).isdisjoint(right_values):
            name, values, word = (left, left_values, right_values[0])
            if isinstance(left, ast.Constant):
                name, values, word = (right, right_values, left_values[0])
            hint = did_you_mean(word, values) or f"; it is one of {', '.join(values)}"
            raise error_at(right, f"{ast.unparse(name)} is never {word!r}{hint}")

    @staticmethod
    def _test(present: tuple[str, ...], comparison: str, *, wanted: bool) -> str:
        return _all((*present, comparison if wanted else f"not {comparison}"))

    def _not_a_value(self, node: ast.expr) -> ExpressionError:
        shown = ast.unparse(node)
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "missing":
                return error_at(node, "missing() is a condition, not a value")
            return error_at(node, f"{name!r} is not a function here{did_you_mean(name, FUNCTIONS)}")
        if isinstance(node, ast.BoolOp | ast.Compare) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            return error_at(node, f"{shown!r} is a condition where a value is needed")
        return error_at(node, f"{shown!r} is not allowed here ({type(node).__name__})")


def _number(node: ast.expr, value: float) -> str:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise error_at(node, "the number is too large")
    return repr(number)


def _merged(*guards: tuple[str, ...]) -> tuple[str, ...]:
    """The guards of several operands, each once, in order."""
    return tuple(dict.fromkeys(guard for some in guards for guard in some))


def _all(parts: tuple[str, ...]) -> str:
    return _joined(list(parts), "and")


def _joined(parts: list[str], word: str) -> str:
    return parts[0] if len(parts) == 1 else f"({f' {word} '.join(parts)})"
