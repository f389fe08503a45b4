"""Raw values that an operator gives, as tokens. They come from a prompt or standard input, because what stands on a
command line is seen by others on the machine and kept in the shell's history."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import typer

from config.errors import OperatorError
from config.settings import Settings
from models.events import ListedKind
from models.identifiers import Tokeniser

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class UnusableValueError(OperatorError):
    """A value or a token that names nothing."""


def tokens_to_look_for(kind: ListedKind, tokens: Sequence[str], settings: Settings) -> list[str]:
    """The tokens as given, or of the values that are asked for. Raises UnusableValueError, which quotes no value."""
    if tokens:
        wrong = [token for token in tokens if not _TOKEN.fullmatch(token)]
        if wrong:
            raise UnusableValueError(f"{wrong[0]!r} is no token: those are 22 letters, digits, '-' and '_'")
        return list(tokens)
    if sys.stdin.isatty():
        values = [typer.prompt(f"{kind} (not shown)", hide_input=True)]
    else:
        values = [line for line in sys.stdin.read().splitlines() if line.strip()]
    tokeniser = Tokeniser(settings.pii_key_bytes)
    found = [tokeniser.token_of_raw(kind, value) for value in values]
    unusable = [number for number, token in enumerate(found, 1) if token is None]
    if unusable:
        raise UnusableValueError(f"Value {unusable[0]} is no {kind}")
    return [token for token in found if token is not None]
