"""Decisions held against the ground truth: what was caught and who was bothered, by typology."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct, field

from models.decision import Decision, Verdict
from models.reasons import REASONS
from scripts.simulator.fraud import FRAUD, SHIFT
from scripts.simulator.honest import HONEST
from scripts.simulator.records import GroundTruth

FIRST_OF_A_RING = 2
"""So many applications of a ring share nothing with earlier ones that would be suspicious: the figure that has a target
counts those after them."""
FRAUD_TARGET = 0.90
"""Least share of fraudulent applications after the second of their ring that get review or reject."""
HONEST_LIMIT = 0.03
"""Largest share of honest applications that get review or reject, over all and at each crowded place."""
LINKS_LIMIT = 0.01
"""Largest share of honest applications that get review or reject for nothing but what they share with others."""
LINK_REASONS = frozenset(
    (
        *(text.code for text in REASONS.values() if text.group == "Network"),
        *("BLACKLIST_NEAR", "BANK_CARD_SHARED", "FACE_REUSED", "PROFILE_MANY_IDS", "PHONE_IS_OTHERS_CONTACT"),
        *(
            "DEVICE_MANY_IDENTITIES",
            "DEVICES_ALIKE",
            "DEVICE_VELOCITY",
            "PHONE_VELOCITY",
            "GPS_CELL_CROWDED",
            "IP_CROWDED",
        ),
    )
)
"""Reason codes that speak of what an application shares with others."""
CROWDED = ("dormitory", "kiosk")
"""Typologies of honest people for whom the limit holds by itself: they share a device or a network with hundreds."""


class Flagged(Struct):
    """Of so many applications, so many got review or reject."""

    applications: int = 0
    flagged: int = 0

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.flagged / self.applications if self.applications else None

    def count(self, flagged: bool) -> None:
        """One more."""
        self.applications += 1
        self.flagged += flagged

    def __add__(self, other: Flagged) -> Flagged:
        return Flagged(self.applications + other.applications, self.flagged + other.flagged)


class Typology(Struct, kw_only=True):
    """How one typology fared; of it all decided applications, and those after the second of their ring."""

    name: str
    fraud: bool
    every: Flagged
    late: Flagged
    """Nothing for honest typologies: they have no rings."""
    linked: Flagged = field(default_factory=Flagged)
    """Of all honest ones, those held back because of links alone; nothing for fraud."""


class Target(Struct, frozen=True, kw_only=True):
    """A figure and what it should be."""

    name: str
    measured: Flagged
    threshold: float
    at_least: bool
    """Else: at most."""

    @property
    def met(self) -> bool | None:
        """None when there was nothing to measure. The threshold itself meets it."""
        share = self.measured.share
        if share is None:
            return None
        return share >= self.threshold if self.at_least else share <= self.threshold


def because_of_links(decision: Decision) -> bool:
    """Whether the application would have been approved but for what it shares with others."""
    strong = {reason.code for reason in decision.reasons if reason.effect != "note"}
    return decision.decision != "approve" and strong <= LINK_REASONS


def by_typology(
    truths: Iterable[GroundTruth], verdicts: Mapping[str, Verdict], linked: Collection[str] = ()
) -> list[Typology]:
    """Every typology that the simulator knows, frauds first, also those that did not occur; what a shift brings only
    when there was one. Applications without a verdict are left out; `linked` are those held back because of
    links."""
    truths = list(truths)
    shifted = [SHIFT] if any(truth.typology == SHIFT.name for truth in truths) else []
    known = [(each.name, True) for each in (*FRAUD, *shifted)] + [(each.name, False) for each in HONEST]
    rows = {
        name: Typology(name=name, fraud=fraud, every=Flagged(), late=Flagged(), linked=Flagged())
        for name, fraud in known
    }
    for truth in truths:
        verdict = verdicts.get(truth.application_id)
        if verdict is not None:
            row, flagged = rows[truth.typology], verdict != "approve"
            row.every.count(flagged)
            if not row.fraud:
                row.linked.count(truth.application_id in linked)
            if truth.position is not None and truth.position > FIRST_OF_A_RING:
                row.late.count(flagged)
    return list(rows.values())


def targets(rows: Iterable[Typology]) -> list[Target]:
    """What the detection should reach, with what it did. What a shift brings is nothing that rules know: models have to
    learn it first."""
    rows = list(rows)
    fraud = [row for row in rows if row.fraud and row.name != SHIFT.name]
    honest = {row.name: row.every for row in rows if not row.fraud}
    limits = {"honest applications": sum(honest.values(), Flagged())} | {name: honest[name] for name in CROWDED}
    return [
        Target(
            name="fraud, 3rd of its ring on",
            measured=sum((row.late for row in fraud), Flagged()),
            threshold=FRAUD_TARGET,
            at_least=True,
        ),
        Target(
            name="honest, because of links",
            measured=sum((row.linked for row in rows if not row.fraud), Flagged()),
            threshold=LINKS_LIMIT,
            at_least=False,
        ),
        *(
            Target(name=name, measured=measured, threshold=HONEST_LIMIT, at_least=False)
            for name, measured in limits.items()
        ),
    ]
