"""One application as the link index in memory keeps it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from sys import intern
from typing import Literal, NamedTuple

from models.enrichment import DecisionFlag, LabelFlag, LoanFlag, Neighbour
from models.events import Channel
from models.facts import ApplicationFacts
from streams.index.layout import (
    DECISION_RANKS,
    EVENTS_PER_APPLICATION,
    IDENTIFIERS_PER_APPLICATION,
    KIND_CODES,
    LABEL_CODES,
    LOAN_CODES,
    PERSON_KINDS,
    USUAL_CODES,
    short_applicant,
)
from streams.index.records import Place, application_place
from streams.index.ring_record import RingRecord, Row

PERSON_POSITIONS = {KIND_CODES[kind]: position for position, kind in enumerate(PERSON_KINDS)}
"""Code of a kind -> its place in `PersonCounts`."""

_LABEL_RANKS = {label: rank for rank, label in enumerate(LABEL_CODES)}


class Membership(NamedTuple):
    """How an application counts in the profiles of its entities."""

    occurred_ms: int
    amount_cny: float | None
    label: LabelFlag
    usual: bool | None


class Node:
    """An application. Its identity is the object; `time` and what describes it are those of its newest event."""

    __slots__ = (
        "_decision_usual",
        "_label_ms",
        "_label_usual",
        "_loan_ms",
        "amount_cny",
        "applicant",
        "application_id",
        "channel",
        "decision",
        "decision_at",
        "event",
        "events",
        "far",
        "identifiers",
        "label",
        "listed",
        "loan",
        "merchant_id",
        "name",
        "near",
        "person_uses",
        "place",
        "ring",
        "row",
        "time",
    )

    def __init__(self, name: str) -> None:
        """A node that no event has described yet; `name` is the application id's short hash."""
        self.name = name
        self.application_id = ""
        self.time = 0
        self.event = ""
        self.applicant = ""
        self.merchant_id = ""
        self.channel: Channel | Literal[""] = ""
        self.amount_cny: float | None = None
        self.place: Place | None = None
        self.decision: DecisionFlag = ""
        self.decision_at = (0, "")
        self.label: LabelFlag = ""
        self.listed = False
        self.events: list[tuple[int, str]] = []
        self.identifiers: list[str] = []
        self.person_uses: list[str] = []
        """Those of its identifiers that `PersonCounts` counts."""
        self._decision_usual: bool | None = None
        self._label_usual: bool | None = None
        self._label_ms = 0
        self.loan: LoanFlag = ""
        self._loan_ms = 0
        self.ring: RingRecord | None = None
        """The ring it joined, and `row`: how it counts there."""
        self.row: Row | None = None
        self.near: Neighbour | None = None
        """The application as others see it, one step away, when that has been made; `far`: two steps."""
        self.far: Neighbour | None = None

    def take_up(self, time: int, event: str) -> bool:
        """Note the event; False when it was noted before, or is older than all the newest that are told apart."""
        if not self.events:
            self.events.append((time, event))
            return True
        if any(event == known for _, known in self.events):
            return False
        insort(self.events, (time, event))
        if len(self.events) > EVENTS_PER_APPLICATION:
            return self.events.pop(0) != (time, event)
        return True

    def earlier_events(self, event: str) -> int:
        """How many of the other events are older than this one."""
        return next((i for i, (_, known) in enumerate(self.events) if known == event), 0)

    def gather(self, identifiers: Sequence[str]) -> list[str]:
        """Add identifiers, as far as there is room. Returns those that are new."""
        known = set(self.identifiers)
        room = IDENTIFIERS_PER_APPLICATION - len(known)
        new = [identifier for identifier in identifiers if identifier not in known] if known else list(identifiers)
        del new[room:]
        self.identifiers += new
        self.person_uses += [identifier for identifier in new if identifier[0] in PERSON_POSITIONS]
        return new

    def describe(self, application: ApplicationFacts, time: int, event: str) -> None:
        """Take what the application is like from its newest event."""
        self.time, self.event = time, event
        self.application_id = application.application_id
        self.applicant = intern(short_applicant(application.applicant_token))
        self.merchant_id = intern(application.merchant_id or "")  # many have it, and one in memory is soon at hand
        self.channel = application.channel or ""
        self.amount_cny = application.amount_cny
        self.place = application_place(application)
        self.near = self.far = None

    def decide(self, decision: DecisionFlag, at: tuple[int, str], usual: bool | None) -> None:
        """Note the decision on an event, if that is the newest one that was decided; of several on it the strictest."""
        stricter = at == self.decision_at and DECISION_RANKS[decision] > DECISION_RANKS[self.decision]
        if at > self.decision_at or stricter:
            self.decision, self.decision_at, self._decision_usual = decision, at, usual
            self.near = self.far = None

    def set_label(self, label: LabelFlag, occurred_ms: int, usual: bool | None) -> None:
        """Note a label, if it is the newest one; of several of one moment the last in the order of the codes."""
        said = (occurred_ms, _LABEL_RANKS[label], USUAL_CODES[usual])
        if said > (self._label_ms, _LABEL_RANKS[self.label], USUAL_CODES[self._label_usual]):
            self.label, self._label_ms, self._label_usual = label, occurred_ms, usual
            self.near = self.far = None

    def set_loan(self, loan: LoanFlag, occurred_ms: int) -> None:
        """Note what became of the money, if that is more than was known."""
        self._loan_ms = max(self._loan_ms, occurred_ms)
        if LOAN_CODES[loan] > LOAN_CODES[self.loan]:
            self.loan = loan

    def set_listed(self, listed: bool) -> None:
        """Note whether an identifier of its own is on a list."""
        if listed != self.listed:
            self.listed = listed
            self.near = self.far = None

    @property
    def touched_ms(self) -> int:
        """The newest moment that anything said of it."""
        return max(self.time, self._label_ms, self._loan_ms, self.decision_at[0])

    @property
    def membership(self) -> Membership:
        """How it counts in profiles. Of the amount, the decision's word stands before the label's."""
        usual = self._decision_usual if self._decision_usual is not None else self._label_usual
        return Membership(self.time, self.amount_cny, self.label, usual)

    def neighbour(self, hop: int) -> Neighbour:
        """Make `near` (1) or `far` (2), which stands until something changes."""
        made = Neighbour(
            self.application_id,
            self.time,
            self.applicant,
            self.merchant_id,
            self.channel,
            self.amount_cny or 0.0,
            self.decision,
            self.label,
            self.listed,
            hop,
        )
        if hop == 1:
            self.near = made
        else:
            self.far = made
        return made
