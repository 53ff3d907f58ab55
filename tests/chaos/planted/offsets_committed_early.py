"""The job with a planted fault: offsets are committed as records are read, before what they changed is safe."""

import argparse
import tempfile
from pathlib import Path

from flink_jobs import main
from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings

_EARLY = "'properties.enable.auto.commit' = 'true',\n    'properties.auto.commit.interval.ms' = '100',\n    "

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="*")
    right = JobSettings()
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "records.sql"
        wrong.write_text(right.source.read_text().replace("'properties.group.id'", f"{_EARLY}'properties.group.id'"))
        settings = right.model_copy(update={"source": wrong})
        main.submit(settings, Selection.of(parser.parse_args().results))
