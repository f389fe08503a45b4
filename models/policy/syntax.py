"""Text to syntax tree, within bounds, for `models.policy.expressions`; and how its errors read."""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Iterable

MAX_LENGTH = 1_000
MAX_NODES = 200
MAX_DEPTH = 20

ALLOWED_CHARACTERS = re.compile(r"[A-Za-z0-9_ \n.,()<>=!+\-*/'\"]*\Z")


class ExpressionError(ValueError):
    """What is wrong with an expression, and where: `column` counts from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.message = message
        self.column = column


def error_at(node: ast.expr, message: str) -> ExpressionError:
    """An error about one part of an expression."""
    return ExpressionError(message, node.col_offset + 1)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word, starting with a space; empty when nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def parse_expression(text: str) -> ast.expr:
    """The syntax tree of an expression of bounded size. Raises ExpressionError when there is none."""
    stripped = text.replace("\n", " ").strip()
    if not stripped:
        raise ExpressionError("the expression is empty", 1)
    if len(stripped) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(stripped)} characters; at most {MAX_LENGTH} are allowed", 1)
    allowed = ALLOWED_CHARACTERS.match(stripped)
    if allowed is None:
        column = next(i for i, c in enumerate(stripped, 1) if not ALLOWED_CHARACTERS.match(c))
        raise ExpressionError(f"the character {stripped[column - 1]!r} is not allowed", column)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(stripped, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"not an expression: {error.msg}", error.offset or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"not an expression: {error}", 1) from error
    _check_size(tree)
    return tree


def _check_size(tree: ast.expr) -> None:
    nodes, level = 0, [tree]
    for depth in range(MAX_DEPTH + 1):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise ExpressionError(f"the expression has more than {MAX_NODES} parts; split it into several rules", 1)
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if not level:
            return
        if depth == MAX_DEPTH:
            raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} deep", level[0].col_offset + 1)
