"""What the embedded servers raise."""

from config.errors import OperatorError


class EmbeddedError(OperatorError):
    """An embedded server cannot start or has died. The message is one for the user: what happened, what to do."""
