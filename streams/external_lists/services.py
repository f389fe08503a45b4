"""All list services together: asked about a batch of applications, beside the link index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from msgspec.structs import replace

from config.errors import SettingsError
from config.settings import Settings
from models.enrichment import ListAnswer, ListHit
from models.facts import ApplicationFacts, Identifier, IdentifierKind
from streams.external_lists.asking import Hits, ServiceAsker
from streams.external_lists.configuration import load_keys, load_services
from streams.external_lists.http_service import HttpListService
from streams.external_lists.restraint import BreakerState
from streams.metrics import Metrics

Answers = Mapping[str, list[ListAnswer]]
"""Event id -> what each service said."""

_ASKED_AS: dict[IdentifierKind, IdentifierKind] = {"contact_phone": "phone"}
"""A contact's phone has the token of the phone."""


class _Nothing(Awaitable[Answers]):
    """The answers where there is nobody to ask."""

    def __await__(self) -> Generator[None, None, Answers]:
        yield from ()  # never waits
        return {}


_NOTHING = _Nothing()


class ListServices:
    """The services of one worker, in the order of their file."""

    def __init__(self, askers: Sequence[ServiceAsker] = ()) -> None:
        self._askers = tuple(askers)

    @classmethod
    def from_settings(cls, settings: Settings, metrics: Metrics, clock: Callable[[], datetime]) -> ListServices:
        """Those that the settings name. Raises SettingsError."""
        services, keys = load_services(settings), load_keys(settings)
        strangers = sorted(keys.keys() - {service.name for service in services})
        if strangers:
            raise SettingsError(f"TIDEGATE_LIST_SERVICE_KEYS: there is no list service {', '.join(strangers)}")
        return cls(
            [
                ServiceAsker(HttpListService(service, keys.get(service.name), clock), service, metrics)
                for service in services
            ]
        )

    @property
    def states(self) -> dict[str, BreakerState]:
        """Service -> its breaker's state."""
        return {asker.configuration.name: asker.state for asker in self._askers}

    @asynccontextmanager
    async def asked(self, applications: Sequence[ApplicationFacts]) -> AsyncIterator[Awaitable[Answers]]:
        """Ask about all of these applications at once, while the caller does something else; what is awaited then
        takes no longer than the longest deadline, and may be awaited again. Leaving before that asks no further."""
        if not self._askers:
            yield _NOTHING
            return
        asking = asyncio.create_task(self._ask(applications))
        try:
            yield asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def close(self) -> None:
        """Release connections."""
        for asker in self._askers:
            await asker.close()

    async def _ask(self, applications: Sequence[ApplicationFacts]) -> Answers:
        said = await asyncio.gather(*(self._ask_one(asker, applications) for asker in self._askers))
        return {facts.event_id: [answers[place] for answers in said] for place, facts in enumerate(applications)}

    async def _ask_one(self, asker: ServiceAsker, applications: Sequence[ApplicationFacts]) -> list[ListAnswer]:
        kinds = frozenset[str](asker.configuration.kinds)
        about = [_askable(facts, kinds) for facts in applications]
        hits = await asker.ask(asked for each in about for asked in each.values())
        name = asker.configuration.list_name
        return [
            ListAnswer(
                name=name,
                hits=_hits_of(each, hits, facts.occurred_ms),
                silent=not hits.keys() >= set(each.values()),
            )
            for each, facts in zip(about, applications, strict=True)
        ]


def _askable(facts: ApplicationFacts, kinds: frozenset[str]) -> dict[Identifier, Identifier]:
    """Identifier of the application -> as it is asked about, of the kinds that a service knows."""
    found = {}
    for identifier in facts.identifiers:
        kind = _ASKED_AS.get(identifier.kind, identifier.kind)
        if kind in kinds:
            found[identifier] = identifier if kind == identifier.kind else Identifier(kind, identifier.token)
    return found


def _hits_of(asked: Mapping[Identifier, Identifier], known: Hits, occurred_ms: int) -> list[ListHit]:
    """Unexpired hits of one application, as its identifiers are called there."""
    return [
        hit if hit.kind == identifier.kind else replace(hit, kind=identifier.kind)
        for identifier, as_asked in asked.items()
        for hit in known.get(as_asked, ())
        if hit.expires_ms is None or hit.expires_ms > occurred_ms
    ]
