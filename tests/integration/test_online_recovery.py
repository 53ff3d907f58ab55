"""A running job whose online store goes away: it fails, starts again, and in the end every row is there."""

import time
from pathlib import Path
from typing import Any

import pytest
from pyflink.table import TableResult

from deploy.stack.settings import StackSettings
from deploy.stack.stack import Stack
from feature_repo.settings import FeatureStoreSettings
from feature_repo.store import open_store
from flink_jobs.environment import table_environment
from flink_jobs.features import job as features
from flink_jobs.features.columns import SQL_TYPES
from flink_jobs.features.online_writer import write_online
from flink_jobs.features.schema import PRODUCT
from flink_jobs.settings import JobSettings

ROWS, PER_SECOND = 6000, 200
VALUES = {"BIGINT": "n", "DOUBLE": "n * 0.25e0"}


def start_job(folder: Path, redis: str) -> TableResult:
    """Start rows that come 200 a second, each of a product of its own: what is lost is not made good by a later row."""
    t_env = table_environment(JobSettings(), "recovery")
    options = {
        "execution.checkpointing.interval": "500 ms",
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": folder.as_uri(),
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "200 ms",
        "restart-strategy.exponential-delay.max-backoff": "1 s",
    }
    for name, option in options.items():
        t_env.get_config().set(name, option)
    t_env.execute_sql(
        "CREATE TEMPORARY TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence',"
        f" 'fields.n.start' = '0', 'fields.n.end' = '{ROWS - 1}', 'rows-per-second' = '{PER_SECOND}')"
    )
    columns = ", ".join(f"{VALUES[SQL_TYPES[feature.type]]} AS {feature.name}" for feature in PRODUCT.features)
    t_env.execute_sql(
        "CREATE TEMPORARY VIEW online_product_feature_rows AS SELECT CAST(n AS STRING) AS product_id,"
        f" CAST(TO_TIMESTAMP_LTZ(n + 1, 0) AS TIMESTAMP_LTZ(6)) AS event_timestamp, n AS version, {columns}"
        " FROM numbers"
    )
    write_online(t_env, PRODUCT, redis, flush_ms=50, patience_ms=500)
    t_env.execute_sql(
        "CREATE TEMPORARY TABLE online_product_features (written BIGINT) WITH ('connector' = 'blackhole')"
    )
    (insert,) = [one for one in features.inserts([PRODUCT]) if "INSERT INTO online" in one]
    return t_env.execute_sql(insert)


def served(redis: str, home: Path, products: int) -> dict[str, Any]:
    store = open_store(FeatureStoreSettings(redis=redis, state=home / "feast"))
    found: dict[str, Any] = store.get_online_features(
        [f"{group.name}:{feature.name}" for group in PRODUCT.groups for feature in group.features],
        {"product_id": [str(number) for number in range(products)]},
    ).to_dict()
    return found


@pytest.mark.timeout(400)
def test_no_row_is_lost_while_the_store_is_away(tmp_path: Path) -> None:
    settings = StackSettings.on_free_ports(tmp_path / "stack")
    stack = Stack(settings, ["valkey"])
    stack.up()
    try:
        job = start_job(tmp_path / "checkpoints", settings.redis)
        deadline = time.monotonic() + 200
        while not any(served(settings.redis, tmp_path, 100)["views_24h"]):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        stack.down()
        statuses = set()
        client = job.get_job_client()
        while "RESTARTING" not in statuses:
            assert time.monotonic() < deadline, statuses
            statuses.add(str(client.get_job_status().result()).rpartition(".")[2])
            time.sleep(0.02)
        stack.up()
        job.wait(300_000)
        found = served(settings.redis, tmp_path, ROWS)
        for feature in PRODUCT.features:
            factor = 0.25 if feature.type == "double" else 1
            assert found[feature.name] == [n * factor for n in range(ROWS)]
    finally:
        stack.down()
