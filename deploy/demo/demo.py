"""The main job, end to end: start the stack, replay a real clickstream, train, score, and add everything up."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from deploy.demo import lookups
from deploy.demo.summary import Counts, Summary
from deploy.stack.settings import StackSettings
from deploy.stack.stack import DEMO_MARK, Stack
from deploy.stack.status import State
from feature_repo.settings import FeatureStoreSettings
from flink_jobs.cluster import Cluster
from flink_jobs.settings import JobSettings
from ingestion import topic_admin
from ingestion.errors import ShopstreamError
from ingestion.producer import EventProducer
from ingestion.replay import ReplayReport, open_source, replay
from ingestion.settings import KafkaSettings, StateSettings
from serving.settings import DEFAULT_LOCAL_KEY

TASK = "purchase_24h"
_BACKEND = ("kafka", "valkey", "flink", "mlflow")
_SILENCE_SECONDS = 30.0
"""Half a year goes by within seconds here, and a partition with few events may be silent for some of them. Were it
given up after the usual five, its next events would come behind the watermark, late."""

_SETTLE_SECONDS = 300
_SCORER_SECONDS = 120

Step = Callable[[str], None]
"""Is told what happens now."""


class Demo:
    """One run. The stack it starts goes on until ``close``, also when a step fails."""

    def __init__(self, settings: StackSettings, step: Step) -> None:
        self._settings = settings
        self._step = step
        self._stack = Stack(settings)
        self._claimed = False
        self._job = _job_settings()
        self.seconds: dict[str, float] = {}

    def run(self) -> Summary:
        """Do every step and return what came of it. Raises ShopstreamError where a step cannot be done."""
        claim(self._stack)
        self._claimed = True
        with self._timed("stack"):
            self._step("starting Kafka, Valkey, Flink and MLflow")
            Stack(self._settings, _BACKEND).up()
            topic_admin.apply(self._settings.kafka_bootstrap)
        with self._timed("job"):
            self._step("submitting the Flink job")
            Cluster(self._settings.flink_rest).submit(self._job)
        with self._timed("replay"):
            self._step("replaying the ecom clickstream")
            report, users = self._replay()
        with self._timed("stream"):
            self._step("waiting until every event is read and stored")
            counts = self._settle(report.produced)
        with self._timed("train"):
            self._step(f"training {TASK}")
            model = self._train()
        with self._timed("scorer"):
            self._step("starting the scorer")
            Stack(self._settings, ["scorer"]).up()
            features = lookups.online_features(FeatureStoreSettings(), users)
            chosen = sorted(features, key=lambda user: features[user]["last_seen"])[-3:]
            score = self._score(chosen[-1]) if chosen else {}
        return Summary(
            counts=counts,
            shift_us=report.shift_us,
            results=lookups.count_results(self._job),
            users=len(users),
            users_without_features=len(users - features.keys()),
            features={user: features[user] for user in chosen},
            model=model,
            score=score,
            addresses=self._addresses(),
            seconds=self.seconds,
        )

    def close(self) -> None:
        """Stop everything that this run started; a stack that it was refused is left running."""
        if self._claimed:
            self._stack.down()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began

    def _replay(self) -> tuple[ReplayReport, set[str]]:
        source = open_source("ecom", StateSettings().datasets)
        users = {event.user_id for event in source if event.user_id}
        with EventProducer(KafkaSettings()) as producer:
            return replay(source, producer, shift=True), users

    def _settle(self, produced: int) -> Counts:
        deadline = time.monotonic() + _SETTLE_SECONDS
        # To count what is stored takes a core while it lasts, which the job needs more.
        while lookups.count_read(self._job) < produced and time.monotonic() < deadline:
            time.sleep(1)
        while True:
            counts = lookups.count_events(self._job, produced)
            # Counts that never meet are the summary's to report.
            if counts.settled() or time.monotonic() > deadline:
                return counts
            time.sleep(2)

    def _train(self) -> dict[str, Any]:
        # Imported here: scikit-learn and MLflow take seconds, in which the stack can start.
        from training.train import train

        report = train(TASK)
        test = report.test
        return {
            "name": f"{TASK} version {report.version} ({report.alias}), {report.best}",
            "rows": ", ".join(f"{part} {values['rows']:,}" for part, values in report.parts.items()),
            "test AUC": round(test.roc_auc, 4),
            "recency-only AUC": round(report.baseline.roc_auc, 4),
            "average precision": round(test.average_precision, 4),
            "log loss": round(test.log_loss, 4),
            "run": report.run_url,
        }

    def _score(self, user: str) -> dict[str, Any]:
        base = f"http://{self._settings.scorer}"
        deadline = time.monotonic() + _SCORER_SECONDS
        with httpx.Client(base_url=base, timeout=10, headers={"X-API-Key": DEFAULT_LOCAL_KEY}) as http:
            while (ready := http.get("/readyz")).is_error:
                if time.monotonic() > deadline:
                    raise ShopstreamError(f"The scorer is not ready: {ready.text}; see its log.")
                time.sleep(0.5)
            http.post("/v1/score", json={"user_id": user}).raise_for_status()
            answer = http.post("/v1/score", json={"user_id": user}).raise_for_status().json()
        return {
            "user": answer["user_id"],
            "probability of a purchase": answer["probability"],
            "model": f"{answer['model']['name']} version {answer['model']['version']}",
            "feature age, seconds": answer["feature_age_seconds"],
            "milliseconds": ", ".join(f"{name} {took:.2f}" for name, took in answer["timings_ms"].items()),
        }

    def _addresses(self) -> dict[str, str]:
        return {
            "dashboard": f"http://{self._settings.scorer}/dashboard/",
            "scorer, API": f"http://{self._settings.scorer}/docs (X-API-Key: {DEFAULT_LOCAL_KEY})",
            "Flink": f"http://{self._settings.flink_rest}",
            "MLflow": self._settings.mlflow,
            "Kafka": self._settings.kafka_bootstrap,
            "Valkey": self._settings.redis,
            "lake": self._job.lake_root,
        }


def claim(stack: Stack) -> None:
    """Empty the state folder for a run, if all it holds is an earlier demo's; else raise ShopstreamError."""
    home = stack.settings.home
    if any(part.state not in (State.DEAD, State.STOPPED) for part in stack.status()):
        raise ShopstreamError(f"A stack runs in {home} already: `shopstream down` it first.")
    mark = home / DEMO_MARK
    if mark.exists():
        stack.down(purge=True)
    elif (home / "kafka").exists() or (home / "lake").exists():
        raise ShopstreamError(
            f"{home} holds data that is not a demo's: run `shopstream down --purge`, or set SHOPSTREAM_STATE to"
            " another folder."
        )
    home.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _job_settings() -> JobSettings:
    settings = JobSettings()
    if "silence_seconds" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"silence_seconds": _SILENCE_SECONDS})
