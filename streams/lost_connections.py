"""A connection to Kafka that uvloop has closed is a lost one, and not the end of whoever writes to it.

When Kafka is killed, its sockets are reset. From then until aiokafka 0.14 has noticed, uvloop raises RuntimeError for
every write, where asyncio's own loop raises nothing. aiokafka gets over an OSError only: the task that keeps metadata
up to date ended, and whoever waited for metadata, commits among them, waited for good.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


def tell_lost_connections() -> None:
    """Make every aiokafka connection of this process raise KafkaConnectionError then. Calling it again changes
    nothing."""
    send = AIOKafkaConnection.send
    if hasattr(send, "__wrapped__"):
        return

    @wraps(send)
    def telling(self: Any, request: Any, expect_response: bool = True) -> Any:
        try:
            return send(self, request, expect_response)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} lost") from error

    AIOKafkaConnection.send = telling
