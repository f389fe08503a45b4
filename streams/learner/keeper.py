"""What becomes of what was learned: snapshots, the announcement of what should serve, alerts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic

import msgspec
import structlog
from msgspec import Struct

from config.settings import Settings
from models.alerts import Alert
from models.features.registry import FEATURE_SET_VERSION
from models.learning.catalogue import default_models
from models.learning.drift import Drift
from models.learning.evidence import Evidence
from models.learning.protocol import Example
from models.learning.tournament import SCORECARD, Promotion, Standing
from models.model_alerts import drift_alert, promoted_alert, refused_alert
from models.pipeline import FRAUD_MODEL
from models.policy.policy import Policy
from models.published import ModelVersionRecord
from streams.codec import encode
from streams.learner.state import LearnerState
from streams.model_files import MissingFileError
from streams.model_versions import TOPIC, Announcement, current, next_record, overwritten_by
from streams.publisher import Outgoing, Publisher
from streams.serving import served_content
from streams.snapshots import ModelStore, Role, SnapshotHeader, SnapshotRefusedError, name_of, sequence_of

logger = structlog.get_logger(__name__)

LEARNER: Role = "learner"
"""Name of the learner's own snapshots, and who announces."""
KEPT_LEARNER, KEPT_SERVING = 5, 100
"""Newest snapshots that stay. Those that serve, or that a rollback goes back to, stay as well."""
MEASURES = ("roc_auc", "average_precision", "recall_at_1pct", "brier")


class _Kept(Struct, kw_only=True):
    """What a commit is to be followed by, in the snapshot as well: whoever restores it finishes that."""

    announcement: Announcement | None = None
    alerts: list[Alert] = []


class Keeper:
    """The learning of one tenure. What is not async blocks: call it in a thread."""

    def __init__(self, settings: Settings, policy: Policy, store: ModelStore, publisher: Publisher) -> None:
        self._settings = settings
        self._store = store
        self._publisher = publisher
        self._state = LearnerState(policy, default_models)
        self._parent: str | None = None
        self._sequence = 0
        self._serving: dict[str, str] = {}
        """Model -> version of its newest serving snapshot."""
        self._promotion: Promotion | None = None
        """The last one by evidence, until it is announced."""
        self._kept = _Kept()
        self._saved_at = monotonic()
        self._examples_saved = 0
        self.quality: dict[str, dict[str, float]] = {}
        """Model -> measure -> value, when it was last kept."""

    @property
    def examples(self) -> int:
        """Learned, ever."""
        return self._state.tournament.examples

    def due(self, now: float) -> bool:
        """Whether it is time to keep what was learned since; `now` in monotonic seconds."""
        new = self.examples - self._examples_saved
        late = now - self._saved_at >= self._settings.learner_snapshot_s
        many = new >= self._settings.learner_snapshot_examples
        return new > 0 and (late or many or self._promotion is not None)

    def learn(self, example: Example) -> None:
        """Learn an example, if that has not been done."""
        for happening in self._state.learn(example) or ():
            if isinstance(happening, Drift):
                self._kept.alerts.append(drift_alert(happening, datetime.now(UTC)))
            else:
                self._promotion = happening

    def restore(self, version: str | None) -> bool:
        """Go on from a snapshot. False when there is none: everything is to be learned again, from the first example.

        Raises StoreUnavailableError when the store cannot be asked."""
        if version is None:
            return False
        self._sequence = sequence_of(version)
        try:
            snapshot = self._store.load(version, LEARNER)
        except SnapshotRefusedError as error:
            logger.error("learner_snapshot_refused", version=version, why=error.why)
            self._kept.alerts.append(refused_alert(version, error.why, "the champion", datetime.now(UTC)))
            return False
        except MissingFileError:
            logger.error("learner_snapshot_gone", version=version, store=self._settings.model_url)
            return False
        content = snapshot.content
        self._state.restore(content["state"])
        self._parent = version
        self._serving = content["serving"]
        self._kept = msgspec.json.decode(content["kept"], type=_Kept)
        self._examples_saved = self.examples
        self.quality = _quality(self._state.tournament.standings())
        return True

    async def heed_commands(self) -> None:
        """A champion that a command has set stays, until a command lets the learner choose again."""
        record = await current(self._settings)
        held = record is not None and record.held
        self._state.hold(held)
        if record is None or not held:
            return
        try:
            self._state.tournament.promote(name_of(record.version), record.activated_at)
        except ValueError:
            logger.warning("held_model_does_not_learn", version=record.version)
        self._promotion = None

    def save(self, position: int) -> str:
        """Keep all that was learned from the examples before the offset `position`; the version."""
        tournament = self._state.tournament
        standings = tournament.standings()
        self.quality = _quality(standings)
        self._sequence += 1
        now = datetime.now(UTC)
        kinds = {each.name: each.kind for each in standings}
        challenger = self._state.best_challenger()
        for name in {tournament.champion, challenger.name if challenger else SCORECARD} - {SCORECARD}:
            header = self._header(name, kinds[name], "serving", self._serving.get(name), now)
            weights = self._state.ring_suspicion.serving()
            self._serving[name] = self._store.save(header, served_content(tournament.scorer(name), weights))
        self._kept.announcement = self._announcement(challenger.name if challenger else None)
        content = {
            "state": self._state.snapshot(),
            "position": position,
            "serving": dict(self._serving),
            "kept": msgspec.json.encode(self._kept),
        }
        header = self._header(LEARNER, "tournament", LEARNER, self._parent, now)
        self._parent = self._store.save(header, content)
        self._saved_at, self._examples_saved = monotonic(), self.examples
        return self._parent

    async def announce_again(self) -> None:
        """What the snapshot that was restored was to be followed by, unless whoever saved it came to that."""
        if _is_news(self._kept.announcement, await current(self._settings)):
            await self.announce()
        self._kept = _Kept()

    async def announce(self) -> None:
        """Raise the alerts, then say what should serve; unless something newer has been said. A command that is given
        at the same moment stands: it is what is followed then."""
        kept, self._kept = self._kept, _Kept()
        self._promotion = None
        before = await current(self._settings)
        alerts = kept.alerts
        record: ModelVersionRecord | None = None
        if kept.announcement is not None and _is_news(kept.announcement, before):
            record = next_record(kept.announcement, before, datetime.now(UTC))
            if kept.announcement.change == "promotion" and record.version == kept.announcement.champion:
                alerts = [*alerts, promoted_alert(record)]
        topic = self._settings.topic("alerts")
        await self._publisher.publish([Outgoing(topic, each.alert_id.encode(), encode(each)) for each in alerts])
        while record is not None and kept.announcement is not None:
            await self._publisher.publish([Outgoing(self._settings.topic(TOPIC), FRAUD_MODEL.encode(), encode(record))])
            logger.info("models_announced", champion=record.version, challenger=record.challenger)
            lost = await overwritten_by(record, self._settings)
            record = next_record(kept.announcement, lost, datetime.now(UTC)) if lost is not None else None

    async def prune(self) -> None:
        """Delete old snapshots, but none that serves or that a rollback goes back to."""
        record = await current(self._settings)
        spare = (
            {record.version, record.challenger or "", record.previous_version or ""} if record is not None else set()
        )
        await asyncio.to_thread(self._store.prune, LEARNER, KEPT_LEARNER, {self._parent or ""})
        await asyncio.to_thread(self._store.prune, "serving", KEPT_SERVING, spare | set(self._serving.values()))

    def _announcement(self, challenger: str | None) -> Announcement:
        tournament, promotion = self._state.tournament, self._promotion
        reason = f"The champion has learned from {tournament.examples} examples."
        metrics = self.quality.get(tournament.champion, {})
        if promotion is not None:
            reason = f"{promotion.champion} has beaten {promotion.previous}{_on(promotion.evidence)}."
            metrics = metrics | _figures(promotion.evidence)
        return Announcement(
            champion=self._serving.get(tournament.champion, SCORECARD),
            challenger=self._serving.get(challenger, SCORECARD) if challenger is not None else None,
            change="promotion" if promotion is not None else "refresh",
            reason=reason,
            by=LEARNER,
            trained_examples=tournament.examples,
            metrics=metrics,
        )

    def _header(self, name: str, kind: str, role: Role, parent: str | None, now: datetime) -> SnapshotHeader:
        tournament = self._state.tournament
        return SnapshotHeader(
            name=name,
            kind=kind,
            role=role,
            sequence=self._sequence,
            parent=parent,
            created_at=now,
            examples=tournament.examples,
            frauds=tournament.frauds,
            metrics=self.quality.get(name, {}),
            features=FEATURE_SET_VERSION,
        )


def _is_news(announcement: Announcement | None, before: ModelVersionRecord | None) -> bool:
    """Whether it knows more than what was announced last: what was relearned, or comes late, does not."""
    return announcement is not None and (before is None or announcement.trained_examples > before.trained_examples)


def _quality(standings: list[Standing]) -> dict[str, dict[str, float]]:
    return {
        each.name: {name: value for name in MEASURES if (value := getattr(each.quality, name)) is not None}
        for each in standings
    }


def _on(evidence: Evidence | None) -> str:
    """By what a promotion is justified, as the end of a sentence."""
    if evidence is None:
        return ""
    precision = evidence.average_precision
    return (
        f" on {evidence.frauds} frauds: average precision {precision.challenger:.3f} against {precision.champion:.3f}"
    )


def _figures(evidence: Evidence | None) -> dict[str, float]:
    """Of the evidence for a promotion, what an alert tells."""
    if evidence is None:
        return {}
    precision = evidence.average_precision
    return {
        "frauds_compared": evidence.frauds,
        "honest_compared": evidence.honest,
        "average_precision_before": precision.champion,
        "average_precision_after": precision.challenger,
        "average_precision_gain": precision.gain,
        "standard_error": precision.standard_error,
        "gain_at_least": evidence.lower_bound,
        "caught_by_both": evidence.caught_by_both,
        "caught_by_new_alone": evidence.caught_by_challenger_alone,
        "caught_by_old_alone": evidence.caught_by_champion_alone,
    }
