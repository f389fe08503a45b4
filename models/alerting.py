"""When a decision makes an alert, and what it says. An alert's id is made from what the situation is, so whoever meets
the same situation again gives the same id, and it is raised once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from models.alerts import Alert, AlertSeverity, AlertSubject, alert_id, words
from models.decision import Decision
from models.enrichment import WINDOW_NAMES, WINDOWS_MS, Dependency, ListHit, Observation, Velocity
from models.facts import ApplicationFacts
from models.network import Network
from models.policy.document import VelocityAlert
from models.policy.policy import Policy
from models.policy.rules import RuleInput
from models.ring_alerts import ring_alerts

DAY_MS = 86_400_000
SHORT_TOKEN = 8
"""Characters of a token that a sentence shows: enough to tell tokens apart."""
SEVERITIES: dict[str, AlertSeverity] = {"low": "low", "medium": "medium", "high": "high"}
SEVERITY_ORDER: tuple[AlertSeverity, ...] = ("low", "medium", "high", "critical")


class Observed(Struct, frozen=True, kw_only=True):
    """One decided application with what was known of it."""

    facts: ApplicationFacts
    observation: Observation
    network: Network
    rule_input: RuleInput
    decision: Decision
    hits: list[ListHit]
    """Of all lists, external services' included."""


def alerts_for(observed: Observed, policy: Policy) -> list[Alert]:
    """The alerts that one decision gives rise to."""
    return [
        *_blacklist_hits(observed),
        *ring_alerts(
            observed.facts,
            observed.observation,
            observed.network,
            observed.decision,
            policy.document.alerts.ring,
        ),
        *_bursts(observed, policy),
        *_travel(observed),
    ]


def degraded_alert(dependency: Dependency, since: datetime, raised_at: datetime, applications: Sequence[str]) -> Alert:
    """A dependency could not be asked since then; `applications` are those first decided without it. One alert for
    each dependency and beginning of an outage."""
    summary = (
        f"Applications are decided without {dependency} since {_second(since)}; they are decided again when it is back."
    )
    return _outage_alert(dependency, since, raised_at, summary, applications)


def silent_list_alert(name: str, since: datetime, raised_at: datetime) -> Alert:
    """The list service of that name has not answered since then. One alert for each service and beginning of an outage.
    It is called what `missing` of a decision calls it."""
    summary = (
        f"The list service {name} has not answered since {_second(since)}; what it would say of"
        " applications is missing, and they are not decided again when it is back."
    )
    return _outage_alert(f"lists.external:{name}", since, raised_at, summary, [])


def _outage_alert(
    dependency: str, since: datetime, raised_at: datetime, summary: str, applications: Sequence[str]
) -> Alert:
    began = since.astimezone(UTC).isoformat()
    return Alert(
        alert_id=alert_id("DEGRADED", dependency, began),
        kind="DEGRADED",
        severity="high",
        raised_at=raised_at,
        subject=AlertSubject(type="dependency", id=dependency),
        summary=summary,
        applications=list(applications),
        evidence={"dependency": dependency, "since": began},
    )


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _blacklist_hits(observed: Observed) -> Iterable[Alert]:
    """One for each listed identifier of the applicant; a listed contact is a reason, not an alert."""
    facts = observed.facts
    by_identifier: dict[tuple[str, str], list[ListHit]] = {}
    for hit in observed.hits:
        if hit.kind != "contact_phone":
            by_identifier.setdefault((hit.kind, hit.token), []).append(hit)
    for (kind, token), hits in by_identifier.items():
        severity = max((SEVERITIES[hit.severity] for hit in hits), key=SEVERITY_ORDER.index)
        lists = sorted({hit.list for hit in hits})
        yield Alert(
            alert_id=alert_id("BLACKLIST_HIT", facts.application_id, kind, token),
            kind="BLACKLIST_HIT",
            severity=severity,
            raised_at=observed.decision.decided_at,
            subject=AlertSubject(type="application", id=facts.application_id),
            summary=f"The {words(kind)} of application {facts.application_id} is on {_listed(lists)}"
            f" with severity {severity}.",
            applications=[facts.application_id],
            evidence={"identifier_kind": kind, "token": token, "lists": lists, "reasons": _reasons(hits)},
        )


def _bursts(observed: Observed, policy: Policy) -> Iterable[Alert]:
    """One a day for each identifier and window in which too many applications came."""
    thresholds = policy.velocity_thresholds
    reached = [
        (position, velocity)
        for velocity in observed.observation.velocity
        if velocity.kind in thresholds
        for position, window, least in thresholds[velocity.kind]
        if velocity.counts[window] >= least
    ]
    if reached:
        no_news = {position for position, _ in policy.velocity_unless(observed.rule_input)}
        for position, velocity in reached:
            if position not in no_news:
                yield _burst(observed, policy.document.alerts.velocity[position], velocity)


def _burst(observed: Observed, rule: VelocityAlert, velocity: Velocity) -> Alert:
    window = WINDOW_NAMES.index(rule.window)
    count, applicants = velocity.counts[window], velocity.applicants[window]
    return Alert(
        alert_id=alert_id("VELOCITY_BURST", velocity.kind, velocity.token, rule.window, _day(observed.facts)),
        kind="VELOCITY_BURST",
        severity=rule.severity,
        raised_at=observed.decision.decided_at,
        subject=AlertSubject(type=velocity.kind, id=velocity.token),
        summary=f"{count} applications by {applicants} people came with the same {words(velocity.kind)}"
        f" ({velocity.token[:SHORT_TOKEN]}…) within {rule.window}; {rule.applications} are reported.",
        applications=_with_identifier(observed, velocity, WINDOWS_MS[window]),
        evidence={
            "identifier_kind": velocity.kind,
            "window": rule.window,
            "applications": count,
            "applicants": applicants,
            "threshold": rule.applications,
        },
    )


def _with_identifier(observed: Observed, velocity: Velocity, window_ms: int) -> list[str]:
    """Applications in the window that have the identifier, as far as the neighbourhood holds them, this one last."""
    now_ms, neighbours = observed.facts.occurred_ms, observed.observation.neighbours
    found = [
        neighbours[member]
        for link in observed.observation.links
        if link.kind == velocity.kind and link.token == velocity.token
        for member in link.members
        if member >= 0 and now_ms - window_ms < neighbours[member].occurred_ms <= now_ms
    ]
    found.sort(key=lambda neighbour: (neighbour.occurred_ms, neighbour.application_id))
    return [*(neighbour.application_id for neighbour in found), observed.facts.application_id]


def _travel(observed: Observed) -> Iterable[Alert]:
    """One a day for each applicant."""
    facts = observed.facts
    reason = next((reason for reason in observed.decision.reasons if reason.code == "IMPOSSIBLE_TRAVEL"), None)
    if reason is None:
        return
    features = observed.rule_input.features
    km, kmh = features["travel_km"], features["travel_speed_kmh"]
    yield Alert(
        alert_id=alert_id("IMPOSSIBLE_TRAVEL", facts.applicant_token, _day(facts)),
        kind="IMPOSSIBLE_TRAVEL",
        severity="high",
        raised_at=observed.decision.decided_at,
        subject=AlertSubject(type="applicant", id=facts.applicant_token),
        summary=f"Applicant {facts.applicant_token[:SHORT_TOKEN]}… applied {km or 0:,.0f} km away from where the same"
        f" device, phone or ID number was seen, a journey at {kmh or 0:,.0f} km/h.",
        applications=[facts.application_id],
        evidence={"distance_km": km, "speed_kmh": kmh},
    )


def _day(facts: ApplicationFacts) -> str:
    """The UTC day of the event, as a number."""
    return str(facts.occurred_ms // DAY_MS)


def _listed(lists: list[str]) -> str:
    return " and ".join("the own list" if name == "own" else f"the list {name}" for name in lists)


def _reasons(hits: list[ListHit]) -> list[str]:
    return sorted({hit.reason for hit in hits if hit.reason})
