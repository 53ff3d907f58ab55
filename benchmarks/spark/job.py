"""The five window metrics as a Spark user would write them; a program of its own, in its own Python environment.

Reads the event topics from their beginning to their present end (``availableNow``), writes each metric to its topic as
JSON, and says on standard output, as JSON lines, when it is ready and what it took. Arguments: one JSON object.
"""

import json
import sys
from functools import partial
from typing import Any

# Not in the product's environment, where this file is only checked.
from pyspark.sql import DataFrame, SparkSession  # type: ignore[import-not-found]
from pyspark.sql import functions as f
from pyspark.sql.streaming import StreamingQuery  # type: ignore[import-not-found]

SCHEMA = """
    event_id STRING, event_type STRING, timestamp TIMESTAMP, user_id STRING, session_id STRING,
    properties STRUCT<page: STRING, currency: STRING, total: DOUBLE>, context STRUCT<anonymous_id: STRING>
"""
STAGES = ("product_view", "add_to_cart", "checkout", "purchase")


def events(spark: SparkSession, options: dict[str, Any]) -> DataFrame:
    """Return the valid events, each once. A query reads and parses for itself: Spark shares no stream between them."""
    reader = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", options["bootstrap"])
        .option("subscribe", options["topics"])
        .option("startingOffsets", "earliest")
        .option("kafka.isolation.level", "read_committed")
    )
    if options["batch"]:
        reader = reader.option("maxOffsetsPerTrigger", options["batch"])
    parsed = reader.load().select(f.from_json(f.col("value").cast("string"), SCHEMA).alias("e")).select("e.*")
    known = f.coalesce(f.nullif("user_id", f.lit("")), f.nullif("context.anonymous_id", f.lit("")))
    valid = (
        parsed.where("event_id IS NOT NULL AND event_type IS NOT NULL AND timestamp IS NOT NULL")
        .where("event_type <> 'purchase' OR properties.total >= 0")
        .where("timestamp <= current_timestamp() + INTERVAL 5 MINUTES")
        .select(
            "event_id",
            "event_type",
            f.col("timestamp").alias("ts"),
            known.alias("user_id"),
            f.nullif("session_id", f.lit("")).alias("session_id"),
            f.col("properties.page").alias("page"),
            f.coalesce("properties.currency", f.lit("USD")).alias("currency"),
            f.col("properties.total").alias("total"),
        )
        .withWatermark("ts", "10 minutes")
    )
    return valid.dropDuplicatesWithinWatermark(["event_id"]) if options["deduplicate"] else valid


def distinct(column: str) -> Any:
    """Count the distinct values exactly: Spark refuses countDistinct in a stream."""
    return f.size(f.collect_set(column))


def page_views(source: DataFrame) -> DataFrame:
    """Views of each page and their users in each minute."""
    views = source.where("event_type = 'page_view' AND page IS NOT NULL")
    return views.groupBy(f.window("ts", "1 minute"), "page").agg(
        f.count("*").alias("page_views"), distinct("user_id").alias("unique_users")
    )


def revenue(source: DataFrame) -> DataFrame:
    """Revenue, purchases and average order in each five minutes, by currency."""
    purchases = source.where("event_type = 'purchase'")
    return purchases.groupBy(f.window("ts", "5 minutes"), "currency").agg(
        f.sum("total").alias("total_revenue"),
        f.count("*").alias("transaction_count"),
        f.avg("total").alias("avg_order_value"),
    )


def user_activity(source: DataFrame) -> DataFrame:
    """What each user did in each ten minutes."""
    return (
        source.where("user_id IS NOT NULL")
        .groupBy(f.window("ts", "10 minutes"), "user_id")
        .agg(
            f.count("*").alias("event_count"),
            distinct("session_id").alias("session_count"),
            f.sort_array(f.collect_set("event_type")).alias("event_types"),
        )
    )


def funnel_stages(source: DataFrame) -> DataFrame:
    """Events of each stage and their users in each fifteen minutes."""
    stages = source.where(f.col("event_type").isin(*STAGES))
    return stages.groupBy(f.window("ts", "15 minutes"), f.col("event_type").alias("stage")).agg(
        f.count("*").alias("count"), distinct("user_id").alias("unique_users")
    )


def anomalies(source: DataFrame) -> DataFrame:
    """Hours of an event type that pass a threshold, one every ten minutes."""
    hours = source.groupBy(f.window("ts", "1 hour", "10 minutes"), "event_type").agg(
        f.count("*").alias("event_count"), distinct("user_id").alias("unique_users")
    )
    each = f.col("event_count") / f.greatest(f.col("unique_users"), f.lit(1))
    return hours.withColumn("events_per_user", each).where("event_count > 1000 OR events_per_user > 100")


METRICS = {
    "page_views": (page_views, ["window", "page"]),
    "revenue": (revenue, ["window", "currency"]),
    "user_activity": (user_activity, ["window", "user_id"]),
    "funnel_stages": (funnel_stages, ["window", "stage"]),
    "anomalies": (anomalies, ["window", "event_type"]),
}


def start(spark: SparkSession, options: dict[str, Any], name: str) -> StreamingQuery:
    """Start one metric: updates of its windows, keyed by window and group, into the topic ``spark_<name>``."""
    metric, key = METRICS[name]
    rows = metric(events(spark, options)).select(
        f.to_json(f.struct(*key)).alias("key"), f.to_json(f.struct("*")).alias("value")
    )
    return (
        rows.writeStream.queryName(name)
        .outputMode(options["mode"])
        .format("kafka")
        .option("kafka.bootstrap.servers", options["bootstrap"])
        .option("topic", f"spark_{name}")
        .option("checkpointLocation", f"{options['folder']}/{name}")
        .trigger(availableNow=True)
        .start()
    )


def session(options: dict[str, Any]) -> SparkSession:
    """Return a session of two threads; what is set beside the defaults makes it faster here, or fit on the machine."""
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("shopstream-benchmark")
        .config("spark.driver.memory", options["memory"])
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.jars", options["jars"])
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        # As many as threads: the default, 200, is a hundred times slower with so few.
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.streaming.metricsEnabled", "false")
        .config("spark.local.dir", options["folder"])
    )
    if options["state"] == "rocksdb":
        provider = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
        builder = builder.config("spark.sql.streaming.stateStore.providerClass", provider).config(
            "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled", "true"
        )
    return builder.getOrCreate()


def say(**values: Any) -> None:
    """Write one line for the program that has started this one."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def main(options: dict[str, Any]) -> None:
    """Run all metrics side by side, each a query, once the other side says so."""
    spark = session(options)
    spark.sparkContext.setLogLevel("ERROR")
    # The planner's and the executor's classes are loaded before the clock runs.
    spark.range(1000).groupBy(f.col("id") % 7).count().collect()
    say(ready=True)
    sys.stdin.readline()
    queries = list(map(partial(start, spark, options), options["metrics"]))
    for query in queries:
        query.awaitTermination()
        if error := query.exception():
            raise RuntimeError(f"{query.name}: {error}")
    state = sum(operator["memoryUsedBytes"] for query in queries for operator in query.lastProgress["stateOperators"])
    rows = {query.name: sum(one["numInputRows"] for one in query.recentProgress) for query in queries}
    say(state_bytes=state, rows=rows, batches={query.name: query.lastProgress["batchId"] + 1 for query in queries})
    # The other side reads what the process has used, then lets it go.
    sys.stdin.readline()
    spark.stop()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
