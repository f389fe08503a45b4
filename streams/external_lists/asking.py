"""How one list service is asked: within a deadline, through a breaker, again at most once, and not about what it has
said a moment ago."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from time import monotonic

import structlog

from models.enrichment import ListHit
from models.facts import Identifier
from streams.external_lists.cache import AnswerCache
from streams.external_lists.configuration import ServiceConfiguration
from streams.external_lists.protocol import ListService, ListServiceError
from streams.external_lists.restraint import BreakerState, RetryBudget, ServiceBreaker
from streams.metrics import Metrics

logger = structlog.get_logger(__name__)

AT_ONCE = 200
"""Identifiers in one request."""

Hits = dict[Identifier, list[ListHit]]


class ServiceAsker:
    """One service with all that restrains us."""

    def __init__(
        self,
        service: ListService,
        configuration: ServiceConfiguration,
        metrics: Metrics,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self.configuration = configuration
        self._service = service
        self._metrics = metrics
        self._clock_s = clock_s
        self._breaker = ServiceBreaker()
        self._budget = RetryBudget()
        self._cache = AnswerCache(configuration.cache_s)
        self._connections = asyncio.Semaphore(configuration.connections)
        self._tell_state()

    @property
    def state(self) -> BreakerState:
        """Of its breaker."""
        return self._breaker.state

    async def ask(self, identifiers: Iterable[Identifier]) -> Hits:
        """The hits of each identifier about which something is known; one that is not in it got no answer."""
        now_s = self._clock_s()
        known: Hits = {}
        unknown: list[Identifier] = []
        for identifier in dict.fromkeys(identifiers):
            hits = self._cache.get(identifier, now_s)
            if hits is None:
                unknown.append(identifier)
            else:
                known[identifier] = hits
        self._metrics.list_cached.labels(self.configuration.name).inc(len(known))
        parts = [unknown[start : start + AT_ONCE] for start in range(0, len(unknown), AT_ONCE)]
        if len(parts) == 1:
            known |= await self._look_up(parts[0])
        elif parts:
            for answers in await asyncio.gather(*map(self._look_up, parts)):
                known |= answers
        return known

    async def close(self) -> None:
        """Release connections."""
        await self._service.close()

    async def _look_up(self, identifiers: Sequence[Identifier]) -> Hits:
        """One look-up: hits of all of these identifiers, or of none when there was no answer in time."""
        name, began_s = self.configuration.name, self._clock_s()
        if not self._breaker.lets_through(began_s):
            self._metrics.list_lookups.labels(name, "not_asked").inc()
            return {}
        try:
            async with asyncio.timeout(self.configuration.deadline_ms / 1000), self._connections:
                hits = await self._with_a_retry(identifiers)
        except TimeoutError:
            return self._unanswered("late", "no answer within the deadline")
        except ListServiceError as error:
            return self._unanswered(error.answer, str(error))
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.answered()
        self._tell_state()
        now_s = self._clock_s()
        self._metrics.list_seconds.labels(name).observe(now_s - began_s)
        self._metrics.list_lookups.labels(name, "answered").inc()
        found: defaultdict[tuple[str, str], list[ListHit]] = defaultdict(list)
        for hit in hits:
            found[hit.kind, hit.token].append(hit)
        answers = {each: found[each.kind, each.token] for each in identifiers}
        for identifier, known in answers.items():
            self._cache.put(identifier, known, now_s)
        return answers

    async def _with_a_retry(self, identifiers: Sequence[Identifier]) -> list[ListHit]:
        self._budget.first_try()
        try:
            return await self._service.look_up(identifiers)
        except ListServiceError as error:
            if not error.again or not self._budget.takes_one():
                raise
        self._metrics.list_retries.labels(self.configuration.name).inc()
        return await self._service.look_up(identifiers)

    def _unanswered(self, answer: str, message: str) -> Hits:
        name, before = self.configuration.name, self._breaker.state
        self._metrics.list_lookups.labels(name, answer).inc()
        self._breaker.failed(self._clock_s())
        if before == "closed":
            logger.warning("list_service_silent", service=name, answer=answer, error=message, breaker=self.state)
        self._tell_state()
        return {}

    def _tell_state(self) -> None:
        self._metrics.list_service_up.labels(self.configuration.name).set(self.state == "closed")
