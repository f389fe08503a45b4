"""A list server, and an asker of it whose time the test tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from streams.external_lists.asking import ServiceAsker
from streams.external_lists.configuration import ServiceConfiguration
from streams.external_lists.http_service import HttpListService
from streams.metrics import Metrics
from tests.builders import NOON_MS, moment
from tests.streams.external_lists.list_server import ListServer, list_server

MakeAsker = Callable[..., ServiceAsker]


@pytest.fixture
async def server() -> AsyncIterator[ListServer]:
    async with list_server() as running:
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def time_s() -> list[float]:
    """Monotonic seconds: set the first to move time."""
    return [1_000.0]


@pytest.fixture
async def asker(server: ListServer, metrics: Metrics, time_s: list[float]) -> AsyncIterator[MakeAsker]:
    made: list[ServiceAsker] = []

    def make(key: str | None = None, **options: Any) -> ServiceAsker:
        configuration = ServiceConfiguration(**{"name": "bureau", "url": server.url, "deadline_ms": 5_000.0, **options})
        service = HttpListService(configuration, key, lambda: moment(NOON_MS))
        made.append(ServiceAsker(service, configuration, metrics, lambda: time_s[0]))
        return made[-1]

    yield make
    for each in made:
        await each.close()
