"""The link index, once in memory and once in a real Valkey."""

from collections.abc import AsyncIterator

import pytest

from models.enrichment import RETENTION_MS
from streams.index.memory import MemoryIndex
from streams.index.protocol import LinkIndex
from streams.index.valkey import ValkeyIndex

PATIENT_MS = 10_000
"""A deadline that no test meets by accident on a busy machine."""


@pytest.fixture(params=["memory", "valkey"])
async def index(request: pytest.FixtureRequest, topic_prefix: str) -> AsyncIterator[LinkIndex]:
    """Both implementations in turn, empty. Memory forgives events that are as late as it keeps any."""
    made: LinkIndex
    if request.param == "memory":
        made = MemoryIndex(late_ms=RETENTION_MS)
    else:
        made = ValkeyIndex(request.getfixturevalue("valkey").url, topic_prefix, PATIENT_MS)
    yield made
    await made.close()
