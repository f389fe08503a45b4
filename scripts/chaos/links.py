"""Whether the link index in Valkey is what a clean run would have made of the same events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from config.settings import Settings
from models.enrichment import DecisionFlag, Observation
from models.entities import FRAUD_CODE, EntityProfile
from models.events import Application, BlacklistEntry, DeviceEvent, Label
from models.facts import ApplicationFacts, epoch_ms
from models.identifiers import Tokeniser
from models.labelling import flag_at
from models.policy.policy import load_policy_file
from models.rings.state import RingJoin
from models.tokenise import label_facts, tokenise_application, tokenise_device_event, tokenise_list_entry
from scripts.chaos.audit import DecisionHead
from scripts.simulator.records import TimedRecord
from streams.index.memory import MemoryIndex
from streams.index.protocol import LabelFlagChange, LinkIndex, ResultToRemember, StoredResult
from streams.index.valkey import ValkeyIndex

PATIENT_DEADLINE_MS = 10_000
AT_ONCE = 25


class LinkComparison(Struct, frozen=True, kw_only=True):
    """Applications whose lists, counts, neighbours, links, device state, places and rings were compared, one by one."""

    compared: int
    differing: dict[str, list[str]]
    """Application id -> the parts of its observation that differ."""
    forgotten: list[str]
    """Events whose result the index does not hold."""


async def compare_links(
    settings: Settings,
    events: Sequence[TimedRecord],
    decisions: Sequence[DecisionHead],
    joins: Mapping[str, RingJoin],
) -> LinkComparison:
    """Ask the index what it knows of each application, and an index in memory that was told the same events.

    `decisions` are those that were published, in order: the newest of an event is the flag that its neighbours see;
    `joins` are what they found to be one ring, by event id.
    Observing an event again changes nothing in either index. Raises IndexUnavailableError.
    """
    tokeniser = Tokeniser(settings.pii_key_bytes)
    timezone = ZoneInfo(settings.timezone)
    facts = [
        tokenise_application(each.value, tokeniser, timezone) for each in events if isinstance(each.value, Application)
    ]
    clean = MemoryIndex()
    await clean.observe(facts)
    await _tell(clean, events, tokeniser, settings)
    await _remember(clean, facts, decisions, joins)
    patient = settings.model_copy(update={"index_deadline_ms": PATIENT_DEADLINE_MS})
    live = ValkeyIndex.from_settings(patient)
    try:
        differing, forgotten = {}, []
        for start in range(0, len(facts), AT_ONCE):
            some = facts[start : start + AT_ONCE]
            pairs = zip(some, await live.observe(some), await clean.observe(some), strict=True)
            for application, there, here in pairs:
                if there.earlier is None:
                    forgotten.append(application.event_id)
                parts = _differences(there, here)
                if parts:
                    differing[application.application_id] = parts
    finally:
        await live.close()
    return LinkComparison(compared=len(facts), differing=differing, forgotten=forgotten)


async def _tell(clean: LinkIndex, events: Sequence[TimedRecord], tokeniser: Tokeniser, settings: Settings) -> None:
    """What is not an application, as the agents would tell it."""
    meaning = load_policy_file(settings.policy).document.labels
    for each in events:
        match each.value:
            case DeviceEvent():
                await clean.observe_devices([tokenise_device_event(each.value, tokeniser)])
            case BlacklistEntry():
                await clean.put_list_entries([tokenise_list_entry(each.value, tokeniser)])
            case Label():
                label = label_facts(each.value)
                seen = flag_at(label, meaning, epoch_ms(datetime.now(UTC)))
                if seen is not None:
                    await clean.set_labels(
                        [LabelFlagChange(application_id=label.application_id, flag=seen[0], occurred_ms=seen[1])]
                    )


async def _remember(
    clean: LinkIndex,
    facts: Sequence[ApplicationFacts],
    decisions: Sequence[DecisionHead],
    joins: Mapping[str, RingJoin],
) -> None:
    flags: dict[str, DecisionFlag] = {each.event_id: each.decision for each in decisions if not each.degraded}
    await clean.remember(
        [
            ResultToRemember(
                event_id=each.event_id,
                application_id=each.application_id,
                occurred_ms=each.occurred_ms,
                decision_flag=flags[each.event_id],
                result=StoredResult(b"", [], None),
                alert_ids=[],
                ring=joins.get(each.event_id),
            )
            for each in facts
            if each.event_id in flags
        ]
    )


def _differences(there: Observation, here: Observation) -> list[str]:
    """Names of the fields that differ. The stored result, which has bytes of its own in each, is left out, and so is
    whether amounts were usual, which nobody tells the index in memory."""
    there, here = (
        replace(each, earlier=None, profiles=[replace(of, profile=_unjudged(of.profile)) for of in each.profiles])
        for each in (there, here)
    )
    return [name for name in there.__struct_fields__ if getattr(there, name) != getattr(here, name)]


def _unjudged(profile: EntityProfile) -> EntityProfile:
    """The profile without the word whether amounts were usual; pairs of one second may stand in either order then."""
    labelled, known_frauds = (
        [
            each
            for pair in sorted(zip(pairs[::2], (code // FRAUD_CODE for code in pairs[1::2]), strict=True))
            for each in pair
        ]
        for pairs in (profile.labelled, profile.known_frauds)
    )
    return replace(profile, labelled=labelled, known_frauds=known_frauds)
