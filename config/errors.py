"""Errors that the operator can do something about: the command line shows their message alone, without a traceback."""

from __future__ import annotations


class OperatorError(Exception):
    """The message says what is wrong and what to do, in one line or a few."""

    exit_code = 1


class SettingsError(OperatorError, ValueError):
    """A setting cannot be used. The message names its variable."""

    exit_code = 2
