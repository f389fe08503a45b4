"""What an agent waits for rather than give up."""

from __future__ import annotations


class NotReadyError(Exception):
    """Something that a handler needs is not there yet: the runner waits a moment and lets it try the batch again."""
