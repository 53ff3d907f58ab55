"""What the scorer measures, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from serving.row_histogram import RowHistogram

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
_AGES = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
_TENTHS = tuple(tenth / 10 for tenth in range(1, 11))


class Metrics:
    """One scorer's metrics in a registry of their own, so that two scorers in one process do not mix."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "shopstream_requests_total", "Answered calls", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "shopstream_request_seconds",
            "Time to answer a call",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "shopstream_stage_seconds",
            "Time of one stage of a score: features, predict",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.features_seconds = self.stage_seconds.labels("features")
        self.predict_seconds = self.stage_seconds.labels("predict")
        self.feature_age_seconds = RowHistogram(
            "shopstream_feature_age_seconds", "Age of the features of known users when scored", _AGES, registry
        )
        self.cold_starts = Counter(
            "shopstream_cold_starts_total", "Scores of users the store knows nothing of", registry=registry
        )
        self.probability = RowHistogram(
            "shopstream_score_probability", "Probabilities answered", _TENTHS, registry, label="model"
        )
        self.model_version = Gauge(
            "shopstream_model_info", "1 for the version that serves", ["model", "version"], registry=registry
        )
        self.model_refused = Counter(
            "shopstream_models_refused_total",
            "Versions that failed to load or to check",
            ["model"],
            registry=registry,
        )
        self.shadow_difference = Histogram(
            "shopstream_shadow_difference",
            "Distance of the challenger's probability from the champion's",
            ["model", "version"],
            buckets=(0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            registry=registry,
        )
        self.shadow_failures = Counter(
            "shopstream_shadow_failures_total",
            "Scores that the challenger failed to give",
            ["model", "version"],
            registry=registry,
        )
        self.scores_logged = Counter(
            "shopstream_scores_logged_total", "Scores that Kafka acknowledged", registry=registry
        )
        self.scores_not_logged = Counter(
            "shopstream_scores_not_logged_total",
            "Scores that did not reach Kafka: the queue was full, or it was not delivered",
            ["reason"],
            registry=registry,
        )
        for reason in ("queue_full", "not_delivered"):
            self.scores_not_logged.labels(reason)
        self.collector_accepted = Counter(
            "shopstream_collector_accepted_total",
            "Events that Kafka acknowledged and the caller was told so",
            registry=registry,
        )
        self.collector_refused = Counter(
            "shopstream_collector_refused_total",
            "Events that are none, by error code",
            ["reason"],
            registry=registry,
        )
        self.collector_calls_refused = Counter(
            "shopstream_collector_calls_refused_total",
            "Calls refused as a whole, by problem",
            ["reason"],
            registry=registry,
        )
        self.collector_kafka_failures = Counter(
            "shopstream_collector_kafka_failures_total",
            "Calls answered 503: Kafka was away, or did not acknowledge in time",
            ["reason"],
            registry=registry,
        )
        for reason in ("away", "not_acknowledged"):
            self.collector_kafka_failures.labels(reason)
        self.collector_in_flight = Gauge(
            "shopstream_collector_in_flight", "Events on their way to Kafka", registry=registry
        )

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
