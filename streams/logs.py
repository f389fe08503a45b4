"""JSON logs on standard error, one line an event: ours, and the libraries' in the same form."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog

QUIET_LOGGERS = ("aiokafka", "faust", "mode", "asyncio")
"""Libraries that log a line for every rebalance step at info; below WARNING they cost time and say nothing of ours."""


REPEATED_AFTER_S = 10.0
"""While Kafka is away aiokafka says so some forty times a second."""


class SeldomRepeated(logging.Filter):
    """Lets a line of aiokafka through, and the next from the same place in its code only after `REPEATED_AFTER_S`."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        place = record.name, record.lineno
        if record.created - self._last.get(place, float("-inf")) < REPEATED_AFTER_S:
            return False
        self._last[place] = record.created
        return True


def stack_of(error: BaseException) -> str:
    """The innermost frames, without the message, which may hold personal data."""
    return "".join(traceback.format_tb(error.__traceback__, limit=-8))


def configure_logs(level: str) -> None:
    """Set up logging for the process. `level` is the least severe level of our own lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(SeldomRepeated())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
