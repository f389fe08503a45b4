"""What the demo counts: every record that it reads from Kafka, joined by application."""

from __future__ import annotations

import statistics
from collections import Counter, deque
from typing import get_args

from msgspec import Struct

from models.alerts import Alert
from models.dead_letter import DeadLetter
from models.decision import Decision, Verdict
from scripts.demonstration.detection import because_of_links
from scripts.simulator.records import GroundTruth

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
NEWEST_SHOWN = 6
RECENT_LATENCIES = 1_000
RATE_OVER_S = 5.0


class Latency(Struct, frozen=True):
    """Quantiles of the time from Kafka's timestamp of an application to Kafka's timestamp of its decision, in ms."""

    p50_ms: float
    p99_ms: float


class View(Struct, frozen=True, kw_only=True):
    """How things stand at one moment: what a screen shows."""

    seconds: float
    """Since the traffic began."""
    sent: int
    """Applications published."""
    decided: int
    """Applications with a decision."""
    decisions_per_s: float
    """Over the last few seconds."""
    verdicts: dict[Verdict, int]
    latency: Latency | None
    """Of the newest decisions; None before the first."""
    dead_letters: int
    degraded: int
    alerts: int
    newest_alerts: list[Alert]
    """The newest first."""
    newest_flagged: list[Decision]
    """Decisions that are not approve, the newest first."""

    @property
    def waiting(self) -> int:
        """Applications without a decision yet."""
        return max(0, self.sent - self.decided)


class Tally:
    """Counts records as they come, in whatever order topics and partitions bring them. Used by one thread."""

    def __init__(self) -> None:
        self.sent = 0
        """Applications given to Kafka; set by whoever publishes."""
        self.truths: dict[str, GroundTruth] = {}
        self.verdicts: dict[str, Verdict] = {}
        """Application id -> what holds now: a decision that supersedes another takes its place."""
        self.linked: set[str] = set()
        """Applications that are held back because of links alone."""
        self.duplicates = 0
        """Decisions that came again under the same decision_id."""
        self.superseded = 0
        """Decisions that were made again because the first was made degraded."""
        self.degraded = 0
        """Decisions that could not ask a dependency."""
        self.alerts: Counter[str] = Counter()
        """By kind."""
        self.dead_letters: Counter[str] = Counter()
        """By error code."""
        self.latencies_ms: list[float] = []
        """Of each application's first decision, in the order they came."""
        self._applied_ms: dict[str, int] = {}
        self._decided_ms: dict[str, int] = {}
        self._decision_ids: set[str] = set()
        self._counts: Counter[Verdict | None] = Counter()
        self._newest_alerts: deque[Alert] = deque(maxlen=NEWEST_SHOWN)
        self._newest_flagged: deque[Decision] = deque(maxlen=NEWEST_SHOWN)
        self._progress: deque[tuple[float, int]] = deque([(0.0, 0)])

    def expect(self, truth: GroundTruth) -> None:
        """An application is about to be published."""
        self.truths[truth.application_id] = truth

    def application(self, application_id: str, timestamp_ms: int) -> None:
        """An application stands in Kafka, with Kafka's timestamp."""
        if application_id not in self._applied_ms:
            self._applied_ms[application_id] = timestamp_ms
            self._join(application_id)

    def decision(self, decision: Decision, timestamp_ms: int) -> None:
        """A decision stands in Kafka, with Kafka's timestamp."""
        if decision.decision_id in self._decision_ids:
            self.duplicates += 1
            return
        self._decision_ids.add(decision.decision_id)
        application_id = decision.application_id
        self.superseded += decision.supersedes is not None
        self.degraded += bool(decision.degraded)
        if application_id not in self.verdicts or decision.supersedes is not None:
            self._counts[self.verdicts.get(application_id)] -= 1
            self._counts[decision.decision] += 1
            self.verdicts[application_id] = decision.decision
            self.linked.discard(application_id)
            if because_of_links(decision):
                self.linked.add(application_id)
        if decision.decision != "approve":
            self._newest_flagged.appendleft(decision)
        if application_id not in self._decided_ms:
            self._decided_ms[application_id] = timestamp_ms
            self._join(application_id)

    def alert(self, alert: Alert) -> None:
        """An alert was raised."""
        self.alerts[alert.kind] += 1
        self._newest_alerts.appendleft(alert)

    def dead_letter(self, letter: DeadLetter) -> None:
        """A record could not be processed."""
        self.dead_letters[letter.error.code] += 1

    @property
    def published(self) -> int:
        """Applications that stand in Kafka, as far as they were read back."""
        return len(self._applied_ms)

    @property
    def complete(self) -> bool:
        """Every application that was given to Kafka stands there, and has its decision."""
        return self.published >= self.sent and not self.missing()

    def missing(self) -> list[str]:
        """Ids of the applications that stand in Kafka without a decision."""
        return sorted(self._applied_ms.keys() - self.verdicts.keys())

    def latency(self, newest: int | None = None) -> Latency | None:
        """Over all first decisions, or the newest so many; None before there are two."""
        latencies = self.latencies_ms if newest is None else self.latencies_ms[-newest:]
        if len(latencies) < 2:
            return None
        quantiles = statistics.quantiles(latencies, n=100, method="inclusive")
        return Latency(quantiles[49], quantiles[98])

    def view(self, seconds: float) -> View:
        """How things stand, `seconds` after the traffic began; called with growing values."""
        decided = len(self.verdicts)
        while len(self._progress) > 1 and seconds - self._progress[0][0] > RATE_OVER_S:
            self._progress.popleft()
        since, before = self._progress[0]
        self._progress.append((seconds, decided))
        return View(
            seconds=seconds,
            sent=self.sent,
            decided=decided,
            decisions_per_s=(decided - before) / (seconds - since) if seconds > since else 0.0,
            verdicts={verdict: self._counts[verdict] for verdict in VERDICTS},
            latency=self.latency(RECENT_LATENCIES),
            dead_letters=self.dead_letters.total(),
            degraded=self.degraded,
            alerts=self.alerts.total(),
            newest_alerts=list(self._newest_alerts),
            newest_flagged=list(self._newest_flagged),
        )

    def _join(self, application_id: str) -> None:
        """Note the latency when application and decision are both there, whichever came first."""
        applied, decided = self._applied_ms.get(application_id), self._decided_ms.get(application_id)
        if applied is not None and decided is not None:
            self.latencies_ms.append(float(decided - applied))
