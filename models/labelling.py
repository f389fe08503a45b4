"""What the labels of one application say about fraud, and what the learner is told of it, each once.

Labels come in any order, several times, and change their mind. Of each kind one is remembered, so that neither order
nor repeats matter: the newest of those that count at once, the earliest of those that have to mature.

    a label of fraud, or an honest one that counts at once: the newest of these is the verdict
    an honest one that has to mature: the verdict once it is mature, as long as there is none of the others

What has been told is not told again; a verdict to the contrary is told as a correction of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from models.enrichment import LabelFlag, LoanFlag
from models.events import LabelKind
from models.facts import ApplicationFacts, LabelFacts
from models.features.categories import categories
from models.learning.protocol import Example
from models.policy.document import LabelMeaning

DAY_MS = 86_400_000
OVERRULED_BY_ANY_MS = 1
"""The time under which the index is told of a mature label, so that each of those that count at once overrules it."""


class Known(Struct, frozen=True, array_like=True, gc=False):
    """A label that says something about fraud."""

    kind: LabelKind
    event_id: str
    occurred_ms: int


class Told(Struct, frozen=True, array_like=True, gc=False):
    """What the learner has been told of an application last."""

    example_id: str
    fraud: bool


class Verdict(Struct, frozen=True, kw_only=True):
    """What the labels say now."""

    fraud: bool
    label_id: str
    """Event id of the label that says so."""
    known_ms: int
    """From when on it counts."""
    matured: bool
    """It had to mature, so any label that counts at once overrules it."""


class Frozen(Struct, frozen=True, kw_only=True):
    """What the models saw of an application when it was decided, and what they said."""

    event_id: str
    decision_id: str
    occurred_ms: int
    """Of the application event."""
    degraded: bool
    """Decided without a dependency."""
    features: dict[str, float | None]
    categories: dict[str, str | None]
    anomaly: float | None
    fraud_score: float
    model: str | None
    """Version that `fraud_score` is from; None in records of before it was noted."""
    control_probability: float | None
    """Of having been sent to review by random control; None when that had no part in the decision."""


class Case(Struct, frozen=True, kw_only=True):
    """All that has to be remembered of an application until no label can teach anything about it any more."""

    since_ms: int
    """Time of the application event, or of what was known of it first."""
    frozen: Frozen | None = None
    """None while the decision has not been seen, as when a label came first, or has not been asked for."""
    known: tuple[Known, ...] = ()
    told: Told | None = None

    def look_again_ms(self, meaning: LabelMeaning, now_ms: int) -> int:
        """When time alone will change something: the verdict, or that the case is over."""
        over = self.over_ms(meaning)
        due = next_due_ms(self.known, meaning, now_ms)
        return over if due is None else min(due, over)

    def over_ms(self, meaning: LabelMeaning) -> int:
        """From when on the case may be forgotten."""
        return self.since_ms + round(meaning.keep_days * DAY_MS)


class _Degraded(Struct):
    degraded: list[str]


class _Anomaly(Struct):
    anomaly: float | None = None


class Audited(Struct, frozen=True, kw_only=True):
    """Of an audit record (`models.decision.DecisionAudit`), what is kept for labels."""

    decision_id: str
    application_id: str
    event_id: str
    event: ApplicationFacts
    enrichment: _Degraded
    features: dict[str, float | None]
    model_outputs: _Anomaly
    fraud_score: float
    versions: dict[str, str]
    control_probability: float | None = None


def frozen_decision(audit: Audited) -> Frozen:
    """What is kept of an audit record."""
    return Frozen(
        event_id=audit.event_id,
        decision_id=audit.decision_id,
        occurred_ms=audit.event.occurred_ms,
        degraded=bool(audit.enrichment.degraded),
        features=audit.features,
        categories=categories(audit.event),
        anomaly=audit.model_outputs.anomaly,
        fraud_score=audit.fraud_score,
        model=audit.versions.get("model"),
        control_probability=audit.control_probability,
    )


def newer_of(kept: Frozen | None, new: Frozen) -> Frozen:
    """Which decision the labels are about: the one on the newest event; of two on one event the one that was made with
    all dependencies, however late it is told."""
    if kept is None:
        return new
    if kept.event_id == new.event_id:
        return kept if new.degraded and not kept.degraded else new
    return new if new.occurred_ms >= kept.occurred_ms else kept


def flag_of(kind: LabelKind, meaning: LabelMeaning) -> LabelFlag:
    """What neighbours see of an application from a label of this kind on; empty when it says nothing, or not yet."""
    if kind in meaning.fraud:
        return "fraud"
    return "honest" if kind in meaning.honest and kind not in meaning.maturity_days else ""


def loan_of(kind: LabelKind) -> LoanFlag:
    """What a label of this kind says of the money. Who is overdue has had it; what was refunded is back."""
    if kind in ("repaid", "refunded"):
        return "repaid"
    return "disbursed" if kind in ("disbursed", "overdue", "first_payment_default", "collection_contact") else ""


def matures_ms(kind: LabelKind, occurred_ms: int, meaning: LabelMeaning) -> int:
    """From when on such a label counts."""
    return occurred_ms + round(meaning.maturity_days.get(kind, 0.0) * DAY_MS)


def flag_at(label: LabelFacts, meaning: LabelMeaning, now_ms: int) -> tuple[LabelFlag, int] | None:
    """What neighbours see of an application from a label at `now_ms`, and the time under which the index is told: there
    the newest stands. None when it says nothing, or not yet."""
    flag = flag_of(label.kind, meaning)
    if flag:
        return flag, label.occurred_ms
    if label.kind in meaning.honest and matures_ms(label.kind, label.occurred_ms, meaning) <= now_ms:
        return "honest", OVERRULED_BY_ANY_MS
    return None


def with_label(known: Iterable[Known], label: LabelFacts, meaning: LabelMeaning) -> tuple[Known, ...]:
    """The labels to remember of an application after another one has come."""
    if label.kind not in meaning.fraud and label.kind not in meaning.honest:
        return tuple(known)
    best = {each.kind: each for each in known}
    new = Known(label.kind, label.event_id, label.occurred_ms)
    pick = min if label.kind in meaning.maturity_days else max
    best[label.kind] = pick(best.get(label.kind, new), new, key=lambda each: (each.occurred_ms, each.event_id))
    return tuple(sorted(best.values(), key=lambda each: each.kind))


def verdict(known: Iterable[Known], meaning: LabelMeaning, now_ms: int) -> Verdict | None:
    """What an application's labels say at `now_ms`; None while they say nothing. Of two at the same time, fraud."""
    at_once = [each for each in known if flag_of(each.kind, meaning)]
    if at_once:
        newest = max(at_once, key=lambda each: (each.occurred_ms, each.kind in meaning.fraud, each.event_id))
        return Verdict(
            fraud=newest.kind in meaning.fraud,
            label_id=newest.event_id,
            known_ms=newest.occurred_ms,
            matured=False,
        )
    maturing = [(matures_ms(each.kind, each.occurred_ms, meaning), each.event_id) for each in known]
    mature = [each for each in maturing if each[0] <= now_ms]
    if not mature:
        return None
    known_ms, label_id = min(mature)
    return Verdict(fraud=False, label_id=label_id, known_ms=known_ms, matured=True)


def next_due_ms(known: Iterable[Known], meaning: LabelMeaning, now_ms: int) -> int | None:
    """When time alone will change the verdict; None when it will not."""
    known = tuple(known)
    if any(flag_of(each.kind, meaning) for each in known):
        return None
    due = [matures_ms(each.kind, each.occurred_ms, meaning) for each in known if each.kind in meaning.maturity_days]
    return min((moment for moment in due if moment > now_ms), default=None)


def example_of(application_id: str, frozen: Frozen, said: Verdict, told: Told | None) -> Example | None:
    """What to tell the learner of a verdict; None when that is what it has been told."""
    if told is not None and told.fraud == said.fraud:
        return None
    return Example(
        example_id=f"{application_id}:{said.label_id}",
        application_id=application_id,
        event_id=frozen.event_id,
        occurred_at=_moment(frozen.occurred_ms),
        known_at=_moment(said.known_ms),
        fraud=said.fraud,
        weight=1.0 if frozen.control_probability is None else 1.0 / frozen.control_probability,
        features=frozen.features,
        categories=frozen.categories,
        anomaly=frozen.anomaly,
        fraud_score=frozen.fraud_score,
        model=frozen.model,
        corrects=None if told is None else told.fraud,
    )


class Settled(Struct, frozen=True, kw_only=True):
    """What is to be done about a case now."""

    case: Case | None
    """As it is afterwards; None when it is over."""
    example: Example | None = None
    """To be told."""
    honest: bool = False
    """A label has matured: neighbours may see that the application was honest."""


def settle(application_id: str, case: Case, meaning: LabelMeaning, now_ms: int) -> Settled:
    """Say what the labels of a case come to at `now_ms`, unless that has been said."""
    if now_ms >= case.over_ms(meaning):
        return Settled(case=None)
    said = verdict(case.known, meaning, now_ms)
    if said is None or case.frozen is None:
        return Settled(case=case)
    example = example_of(application_id, case.frozen, said, case.told)
    if example is None:
        return Settled(case=case)
    told = Told(example.example_id, example.fraud)
    return Settled(case=replace(case, told=told), example=example, honest=said.matured)


def has_news(case: Case, meaning: LabelMeaning, now_ms: int) -> bool:
    """Whether the learner is to be told something of the case once its decision is known."""
    said = verdict(case.known, meaning, now_ms)
    return said is not None and (case.told is None or case.told.fraud != said.fraud)


def with_decision(case: Case | None, decided: Frozen) -> Case:
    """The case after its decision has been seen."""
    if case is None:
        return Case(since_ms=decided.occurred_ms, frozen=decided)
    return replace(case, since_ms=min(case.since_ms, decided.occurred_ms), frozen=newer_of(case.frozen, decided))


def with_labels(case: Case | None, labels: Iterable[LabelFacts], meaning: LabelMeaning) -> Case | None:
    """The case after labels have come; None when there was none, and they say nothing about fraud."""
    for label in labels:
        known = with_label(case.known if case is not None else (), label, meaning)
        if case is not None:
            case = replace(case, known=known)
        elif known:
            case = Case(since_ms=label.occurred_ms, known=known)
    return case


def with_told(case: Case | None, told: Told, since_ms: int) -> Case:
    """The case after it was found that the learner has been told; `since_ms` is the time of the application event."""
    if case is None:
        return Case(since_ms=since_ms, told=told)
    return replace(case, since_ms=min(case.since_ms, since_ms), told=told)


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
