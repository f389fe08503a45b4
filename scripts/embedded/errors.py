"""What the embedded servers raise."""


class EmbeddedError(Exception):
    """An embedded server cannot start or has died. The message is one for the user: what happened, what to do."""
