"""Many applications from few: simulated ones, multiplied by giving their identifiers to other people.

A multiple of a simulated application is another person's with the same story. It has identifiers of its own but for the
merchant's, the store's and the sales rep's, because a lender's shops do not grow with its customers. So links between
people stay as they are, and what everybody shares becomes as crowded as it would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import structs

from config.settings import Settings
from models.events import Application
from models.facts import ApplicationFacts, Identifier, IdentifierKind
from models.identifiers import Tokeniser
from models.tokenise import tokenise_application
from scripts.bench.progress import OnDone
from scripts.simulator.stream import SimulationConfig, simulated_stream

DAYS = 90.0
"""The link index looks back so far."""
SHOPS: frozenset[IdentifierKind] = frozenset({"merchant_id", "store_id", "sales_rep_id"})
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MULTIPLES_MAX = len(ALPHABET) ** 2
"""Multiples are told apart by the first two characters of their tokens."""
RING_SIDE = 16
"""Members of a ring that share one device; as many share one bank card. An identifier of more would be a crowd."""


def simulated_facts(applications: int, settings: Settings, on_done: OnDone) -> list[ApplicationFacts]:
    """Simulated applications of the last 90 days, past the edge, in event-time order."""
    end = datetime.now(UTC)
    config = SimulationConfig(start=end - timedelta(days=DAYS), end=end, applications=applications)
    tokeniser, timezone = Tokeniser(settings.pii_key_bytes), ZoneInfo(settings.timezone)
    facts: list[ApplicationFacts] = []
    for each in simulated_stream(config):
        if isinstance(each.value, Application):
            facts.append(tokenise_application(each.value, tokeniser=tokeniser, timezone=timezone))
            on_done(len(facts))
    return facts


def multiple(facts: ApplicationFacts, number: int) -> ApplicationFacts:
    """The application's multiple of that number, below `MULTIPLES_MAX`; 0 is the application itself."""
    if number == 0:
        return facts
    mark = ALPHABET[number // len(ALPHABET)] + ALPHABET[number % len(ALPHABET)]
    return structs.replace(
        facts,
        event_id=f"{facts.event_id}.{number}",
        application_id=f"{facts.application_id}.{number}",
        applicant_token=mark + facts.applicant_token[2:],
        identifiers=[
            each if each.kind in SHOPS else Identifier(each.kind, mark + each.token[2:]) for each in facts.identifiers
        ],
    )


def ring(applications: Sequence[ApplicationFacts], name: str) -> list[ApplicationFacts]:
    """These applications as one ring: each shares its device with the 16 of its row, its bank card with those of its
    column, and can reach all others over two such steps, up to 256 of them. `name` has at most 14 characters."""
    members = []
    for position, facts in enumerate(applications):
        row, column = divmod(position, RING_SIDE)
        shared = {
            "device_id": f"{name}-d{row}".ljust(22, "-"),
            "bank_card": f"{name}-b{column}".ljust(22, "-"),
        }
        others = [each for each in facts.identifiers if each.kind not in shared]
        mine = [Identifier("device_id", shared["device_id"]), Identifier("bank_card", shared["bank_card"])]
        members.append(
            structs.replace(
                facts,
                event_id=f"{name}.{facts.event_id}",
                application_id=f"{name}.{facts.application_id}",
                identifiers=mine + others,
            )
        )
    return members
