"""Alerts about rings: one for each meaningful change, with the members and a picture.

A change is a size that the ring reaches, rings that become one, the first confirmed fraud. Each has an id of its own,
so whoever sees it again raises nothing. The picture takes some milliseconds to draw, so an alert carries what it is
drawn from until it is known to be new (`with_picture`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace

from models.alerts import Alert, AlertKind, AlertSeverity, AlertSubject, EvidenceValue, alert_id, words
from models.decision import Decision
from models.enrichment import Observation
from models.facts import ApplicationFacts
from models.link_weights import KIND_WEIGHTS
from models.network import Network
from models.policy.document import RingAlerts
from models.rings.living import SELF, LivingRing
from models.rings.picture import MEMBERS_SHOWN, Mark, PicturedMember, PicturedShare, mark_of, ring_picture

KIND: AlertKind = "FRAUD_RING"
PICTURE = "picture_svg"
_MARKS, _SHARES = "marks", "shares"
"""Evidence that the picture is drawn from, and takes the place of."""


def ring_alerts(
    facts: ApplicationFacts, observation: Observation, network: Network, decision: Decision, rules: RingAlerts
) -> Iterable[Alert]:
    """What one decision makes known of a ring. That a ring grows or merges is no news while its applications pass, as a
    family's do; that one of it is confirmed fraud always is."""
    ring = network.ring
    if ring is None or ring.size < rules.sizes[0]:
        return
    changes: list[tuple[str, str]] = []
    if decision.decision != "approve":
        step = max(size for size in rules.sizes if size <= ring.size)
        changes.append((str(step), f"A ring has reached {ring.size} applications"))
        if len(ring.before) > 1:
            merged = ",".join(sorted(state.ring_id for state in ring.before[1:]))
            changes.append((f"merged {merged}", f"{len(ring.before)} rings are one now, of {ring.size} applications"))
    if ring.frauds:
        changes.append(("fraud", f"There is a confirmed fraud in a ring of {ring.size} applications"))
    if not changes:
        return
    evidence = _evidence(ring, network) | _drawn_from(facts, observation, ring, decision)
    for change, beginning in changes:
        yield Alert(
            alert_id=alert_id(KIND, ring.ring_id, change),
            kind=KIND,
            severity=_severity(ring, rules),
            raised_at=decision.decided_at,
            subject=AlertSubject(type="ring", id=ring.ring_id),
            summary=f"{beginning} by {ring.applicants} people through {ring.merchants} merchants,"
            f" for {ring.amount_cny:,.0f} CNY in all{_shared(network.link_summary.shared)}.",
            applications=list(ring.members),
            evidence={"change": change, **evidence},
        )


def with_picture(alert: Alert) -> Alert:
    """The alert with its picture in the place of what that is drawn from; as it is when it has none of that."""
    marks, shares = alert.evidence.get(_MARKS), alert.evidence.get(_SHARES)
    if not isinstance(marks, list) or not isinstance(shares, list):
        return alert
    named = alert.applications[-len(marks) :] if marks else []
    members = [PicturedMember(name, _mark(mark)) for name, mark in zip(named, marks, strict=True)]
    shared = [PicturedShare(kind, tuple(map(int, at))) for kind, *at in map(str.split, shares)]
    size = alert.evidence.get("ring_size")
    picture = ring_picture(f"{alert.subject.id}: {size} applications", members, shared)
    rest = {name: value for name, value in alert.evidence.items() if name not in (_MARKS, _SHARES)}
    return replace(alert, evidence=rest | {PICTURE: picture})


def _evidence(ring: LivingRing, network: Network) -> dict[str, EvidenceValue]:
    links = network.link_summary
    return {
        "ring_size": ring.size,
        "ring_size_24h": ring.size_24h,
        "ring_size_7d": ring.size_7d,
        "applicants": ring.applicants,
        "merchants": ring.merchants,
        "amount_cny": ring.amount_cny,
        "at_risk_cny": sum(state.approved_cny for state in ring.before),
        "shared": dict(links.shared),
        "density": links.density,
        "suspicion": network.suspicion,
        "fraud_distance": links.fraud_distance,
        "frauds": ring.frauds,
        "refused": ring.refused,
        "merged": [state.ring_id for state in ring.before[1:]],
        "first_seen": _time(ring.first_ms),
        "last_seen": _time(ring.last_ms),
    }


def _drawn_from(
    facts: ApplicationFacts, observation: Observation, ring: LivingRing, decision: Decision
) -> dict[str, EvidenceValue]:
    """A mark for each of the last `MEMBERS_SHOWN` members, and what these share: a kind, then who has it."""
    shown = ring.members[-MEMBERS_SHOWN:]
    place = {name: at for at, name in enumerate(shown)}
    marks: dict[str, Mark] = {
        each.application_id: mark_of(each.label, each.listed, each.decision) for each in observation.neighbours
    }
    is_listed = any(hit.kind != "contact_phone" for hit in observation.hits)
    marks[facts.application_id] = mark_of("", is_listed, decision.decision)
    shares = []
    for link in observation.links:
        names = (
            facts.application_id if at == SELF else observation.neighbours[at].application_id for at in link.members
        )
        members = [str(place[name]) for name in names if name in place]
        if len(members) > 1 and link.kind in KIND_WEIGHTS:
            shares.append(" ".join((link.kind, *members)))
    return {_MARKS: [marks.get(name, "") for name in shown], _SHARES: shares}


def _mark(text: str) -> Mark:
    return mark_of(text, text == "listed", text)


def _severity(ring: LivingRing, rules: RingAlerts) -> AlertSeverity:
    if ring.size >= rules.critical_from:
        return "critical"
    return "high" if ring.size >= rules.high_from or ring.frauds else "medium"


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shared(shared: dict[str, int]) -> str:
    if not shared:
        return ""
    parts = (f"{words(kind)} with {count}" for kind, count in sorted(shared.items(), key=lambda item: -item[1]))
    return f"; the newest shares its {', '.join(parts)}"
