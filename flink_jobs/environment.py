"""The Flink table environment every job runs in."""

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import EnvironmentSettings, StreamTableEnvironment

from flink_jobs.jars import job_jars
from flink_jobs.settings import JobSettings

_FUNCTIONS = {
    "count_conversions": "shopstream.funnels.CountConversions",
    "count_dead_letter": "shopstream.events.CountDeadLetter",
    "detect_anomalies": "shopstream.anomalies.DetectAnomalies",
    "ordered_funnel": "shopstream.funnels.OrderedFunnel",
    "order_items": "shopstream.format.OrderItems",
    "rolling_product_features": "shopstream.features.RollingProductFeatures",
    "rolling_user_features": "shopstream.features.RollingUserFeatures",
}


def table_environment(settings: JobSettings, name: str, bounded: bool = False) -> StreamTableEnvironment:
    """Return a streaming table environment with our jars, functions and the product's defaults.

    ``bounded``: the sources end, so there are no checkpoints to wait for.
    """
    config = Configuration()
    config.set_string("pipeline.name", name)
    config.set_string("parallelism.default", str(settings.parallelism))
    config.set_string("table.local-time-zone", "UTC")
    # Each task wakes this often to send what it has. Two such waits are on the way of a feature.
    config.set_string("execution.buffer-timeout.interval", "20 ms")
    # Else every operator of a task gets a copy of the row, column by column: a third of the job's processor time. No
    # operator of ours keeps a row that it was given, or changes one.
    config.set_string("pipeline.object-reuse", "true")
    if not bounded:
        config.set_string("execution.checkpointing.interval", f"{int(settings.checkpoint_seconds * 1000)} ms")
    mode = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config).build()
    # With a stream environment, so that operators can be put between views (see metrics/window_metric.py).
    stream = StreamExecutionEnvironment.get_execution_environment(config)
    t_env = StreamTableEnvironment.create(stream, mode)
    # `flink run` has put flink-python here, which the cluster needs too.
    given = t_env.get_config().get("pipeline.jars", "")
    jars = [
        *(Configuration.parse_list_value(given) if given else []),
        *(jar.as_uri() for jar in job_jars(settings.source_jars)),
    ]
    t_env.get_config().set("pipeline.jars", ";".join(jars))
    for function, java_class in _FUNCTIONS.items():
        t_env.execute_sql(f"CREATE TEMPORARY SYSTEM FUNCTION {function} AS '{java_class}' LANGUAGE JAVA")
    return t_env
