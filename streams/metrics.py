"""Every metric of a worker, in one list. Names end in their unit; labels never hold identifiers."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram

from models.decision import Decision

MAX_UNKNOWN_PATHS = 200
"""Unknown field paths that get a label of their own; the rest share `other`, so that nobody can fill the memory."""
LATENCY_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one worker, in a registry of their own so that tests and several apps do not collide."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        # Work
        self.records_in = Counter("tidegate_records_in", "Records taken from Kafka", ["topic"], registry=registry)
        self.batch_size = Histogram(
            "tidegate_batch_records", "Records taken at once", buckets=(1, 2, 5, 10, 20, 50, 100), registry=registry
        )
        self.decisions = Counter("tidegate_decisions", "Decisions published", ["decision"], registry=registry)
        self.repeats = Counter(
            "tidegate_repeats", "Applications whose event had been decided before", registry=registry
        )
        self.reasons = Counter("tidegate_reasons", "Reason codes given", ["code"], registry=registry)
        self.labels = Counter("tidegate_labels", "Labels taken, by kind", ["kind"], registry=registry)
        self.alerts = Counter("tidegate_alerts", "Alerts raised", ["kind"], registry=registry)

        # Time
        self.decision_seconds = Histogram(
            "tidegate_decision_seconds", "From the worker's receipt to the decision", buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )  # fmt: skip
        self.end_to_end_seconds = Histogram(
            "tidegate_end_to_end_seconds", "From Kafka's timestamp of the application to its published decision",
            buckets=LATENCY_BUCKETS_S, registry=registry,
        )  # fmt: skip
        self.index_seconds = Histogram(
            "tidegate_index_seconds", "One round trip to the link index", ["call"], buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )  # fmt: skip

        # What is wrong
        self.dead_letters = Counter(
            "tidegate_dead_letters", "Records not processed", ["topic", "code"], registry=registry
        )
        self.unknown_fields = Counter(
            "tidegate_unknown_fields", "Fields that the contract does not know", ["topic", "path"], registry=registry
        )
        self.degraded = Counter("tidegate_degraded_decisions", "Decisions without the link index", registry=registry)
        self.truncations = Counter("tidegate_truncations", "Neighbourhoods cut short", ["what"], registry=registry)
        self.index_up = Gauge("tidegate_index_up", "1 while the link index answers, else 0", registry=registry)
        self.index_breaker = Enum(
            "tidegate_index_breaker", "State of the breaker around the link index", registry=registry,
            states=["closed", "open", "half_open"],
        )  # fmt: skip

        # External list services
        self.list_lookups = Counter(
            "tidegate_list_lookups", "Look-ups: answered, late, refused, unreachable, garbage, not_asked",
            ["service", "answer"], registry=registry,
        )  # fmt: skip
        self.list_retries = Counter("tidegate_list_retries", "Look-ups made again", ["service"], registry=registry)
        self.list_cached = Counter(
            "tidegate_list_cached", "Identifiers of which a list service's earlier answer still held", ["service"],
            registry=registry,
        )  # fmt: skip
        self.list_seconds = Histogram(
            "tidegate_list_seconds", "One answered look-up of a list service", ["service"], buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )  # fmt: skip
        self.list_service_up = Gauge(
            "tidegate_list_service_up", "1 while a list service answers, else 0", ["service"], registry=registry
        )

        # Models
        self.model_swaps = Counter("tidegate_model_swaps", "Times that other models began to serve", registry=registry)
        self.models_refused = Counter(
            "tidegate_models_refused", "Announced models that were not loaded because they must not be",
            registry=registry,
        )  # fmt: skip
        self.model_store_up = Gauge(
            "tidegate_model_store_up", "0 while an announced model cannot be fetched, else 1", registry=registry
        )
        self.model_store_up.set(1)
        self.model_announcement = Gauge(
            "tidegate_model_announcement", "Number of the announcement that is served; 0: none, the scorecard serves",
            registry=registry,
        )  # fmt: skip

        # Learning
        self.examples = Counter(
            "tidegate_examples", "Labelled applications told to the learner", ["fraud"], registry=registry
        )
        self.recalled = Counter(
            "tidegate_recalled", "Approved applications that were taken back to review", registry=registry
        )
        self.frozen_lag = Gauge(
            "tidegate_frozen_lag_records", "Decisions that labels of this worker's partitions cannot be joined with",
            registry=registry,
        )  # fmt: skip
        self.learner_up = Gauge(
            "tidegate_learner_up", "1 while this worker runs the active learner, else 0", registry=registry
        )
        self.learner_starts = Counter(
            "tidegate_learner_starts", "Times that this worker started a learner", registry=registry
        )
        self.learner_examples = Gauge(
            "tidegate_learner_examples", "Examples that the active learner has learned, ever", registry=registry
        )
        self.learner_lag = Gauge(
            "tidegate_learner_lag_records", "Examples that wait for the active learner", registry=registry
        )
        self.model_quality = Gauge(
            "tidegate_model_quality", "Measures of each model on the newest labelled applications",
            ["model", "measure"], registry=registry,
        )  # fmt: skip

        # Kafka
        self.lag_records = Gauge(
            "tidegate_lag_records", "Records behind the end of a topic, over this worker's partitions", ["topic"],
            registry=registry,
        )  # fmt: skip
        self.partitions = Gauge(
            "tidegate_partitions", "Partitions assigned to this worker", ["topic"], registry=registry
        )

        self._unknown_paths: set[tuple[str, str]] = set()
        # Looking a labelled counter up takes four times as long as counting with it
        self._decision = cache(self.decisions.labels)
        self._reason = cache(self.reasons.labels)

    def count_decision(self, decision: Decision) -> None:
        """Count a decision that was made now (a repeat is not)."""
        self._decision(decision.decision).inc()
        self.decision_seconds.observe(decision.latency_ms / 1000)
        for reason in decision.reasons:
            self._reason(reason.code).inc()
        if decision.degraded:
            self.degraded.inc()
        if decision.links is not None:
            for what in decision.links.truncated:
                self.truncations.labels(what).inc()

    def count_unknown_field(self, topic: str, path: str) -> None:
        """Count a field that the contract does not know, under its own path as long as there are few of them."""
        if (topic, path) not in self._unknown_paths:
            if len(self._unknown_paths) >= MAX_UNKNOWN_PATHS:
                path = "other"
            else:
                self._unknown_paths.add((topic, path))
        self.unknown_fields.labels(topic, path).inc()
