"""The Flink job of a backfill: ``flink run -py flink_jobs/backfill/main.py ARRIVALS INTO FROM UNTIL SET ...``."""

import argparse
from datetime import datetime

from flink_jobs.backfill import job
from flink_jobs.environment import table_environment
from flink_jobs.features.schema import FEATURE_SETS
from flink_jobs.settings import JobSettings

NAME = "shopstream-backfill"
"""The job's name."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rebuild feature logs from past events; for `flink run -py`.")
    parser.add_argument("arrivals", help="Folder of the events, in one file in the order of their arrival.")
    parser.add_argument("into", help="Folder for the logs.")
    parser.add_argument("start", type=datetime.fromisoformat, help="Rows from here on, with an offset.")
    parser.add_argument("until", type=datetime.fromisoformat, help="Rows before this, with an offset.")
    parser.add_argument("sets", nargs="+", help="Which features: user_features, product_features.")
    given = parser.parse_args()
    # One task reads, in order. What fails is begun anew from the start by whoever asked for it.
    t_env = table_environment(JobSettings().model_copy(update={"parallelism": 1}), NAME, bounded=True)
    t_env.get_config().set("restart-strategy.type", "disable")
    job.create_events(t_env, given.arrivals)
    statements = t_env.create_statement_set()
    chosen = [one for one in FEATURE_SETS if one.name in given.sets]
    for insert in job.inserts(t_env, chosen, given.into, given.start, given.until):
        statements.add_insert_sql(insert)
    statements.execute()
