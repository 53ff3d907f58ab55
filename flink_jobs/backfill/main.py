"""The Flink job of a backfill: ``flink run -py flink_jobs/backfill/main.py ARRIVALS INTO FROM UNTIL RESULT ...``."""

import argparse
from datetime import datetime

from flink_jobs.backfill import job
from flink_jobs.environment import table_environment
from flink_jobs.settings import JobSettings

NAME = "shopstream-backfill"
"""The job's name."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Rebuild results from past events; for `flink run -py`.")
    parser.add_argument("arrivals", help="Folder of the events, in one file in the order of their arrival.")
    parser.add_argument("into", help="Folder for what is rebuilt.")
    parser.add_argument("start", type=datetime.fromisoformat, help="Rows from here on, with an offset.")
    parser.add_argument("until", type=datetime.fromisoformat, help="Rows before this, with an offset.")
    parser.add_argument("results", nargs="+", help="Which results: user_features, revenue, ...")
    given = parser.parse_args()
    # One task reads, in order. What fails is begun anew from the start by whoever asked for it.
    settings = JobSettings().model_copy(update={"parallelism": 1, "consumer_group": NAME})
    t_env = table_environment(settings, NAME, bounded=True)
    t_env.get_config().set("restart-strategy.type", "disable")
    job.create_events(t_env, given.arrivals)
    statements = t_env.create_statement_set()
    for insert in job.inserts(t_env, settings, given.results, given.into, given.start, given.until):
        statements.add_insert_sql(insert)
    statements.execute()
