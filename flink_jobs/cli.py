"""The commands ``shopstream jobs submit|list|stop``."""

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from flink_jobs.cluster import Cluster, newest_snapshot
from flink_jobs.settings import JobSettings
from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings
from ingestion.topic_reader import TopicReader


def _cluster() -> Cluster:
    return Cluster(read_settings(JobSettings).flink_rest)


@click.group()
def jobs() -> None:
    """Submit the Flink job, see what runs, stop it with a savepoint.

    \b
    Examples:
      shopstream jobs submit
      shopstream jobs list
      shopstream jobs stop
      shopstream jobs submit --savepoint file:///.../savepoint-1a2b
    """


@jobs.command()
@click.option("--savepoint", metavar="URI", help="Go on from this savepoint or checkpoint.")
@click.option("--fresh", is_flag=True, help="Go on reading where the last job stopped, but forget what it had counted.")
def submit(savepoint: str | None, fresh: bool) -> None:
    """Submit every result as one job, which reads Kafka and parses once.

    A job that has run before goes on from its savepoint, or from the newest checkpoint of one that was killed.
    The job's settings are the SHOPSTREAM_ variables of this shell. Topics must be there: `shopstream topics apply`.
    """
    settings = read_settings(JobSettings)
    newest = newest_snapshot(settings.state)
    # Either may be missing: Flink commits offsets to Kafka on a best-effort basis, and a snapshot may lie elsewhere.
    if not (savepoint or fresh) and (
        newest or any(TopicReader(settings.kafka_bootstrap).read_by(settings.consumer_group).values())
    ):
        raise ShopstreamError(
            "An earlier job has read these topics: go on from what it had counted with --savepoint"
            f" {newest or 'and what `shopstream jobs stop` printed'}, or forget that with --fresh."
        )
    with Console(stderr=True).status("flink run: planning and uploading ..."):
        job = _cluster().submit(settings.state, savepoint=savepoint)
    click.echo(f"Job {job} runs: http://{settings.flink_rest}/#/job/{job}/overview")


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_jobs(as_json: bool) -> None:
    """Show the cluster's jobs, newest first."""
    found = _cluster().jobs()
    if as_json:
        click.echo(json.dumps([asdict(job) for job in found], indent=2))
        return
    table = Table("job", "name", "state", "for")
    for job in found:
        table.add_row(job.id, job.name, job.state, f"{job.seconds:,.0f} s")
    Console().print(table)


@jobs.command()
@click.argument("job", required=False)
def stop(job: str | None) -> None:
    """Stop JOB with a savepoint, or the one that runs; prints where to go on from."""
    cluster = _cluster()
    if job is None:
        running = [found.id for found in cluster.jobs() if found.state == "RUNNING"]
        if len(running) != 1:
            raise ShopstreamError(f"{len(running)} jobs run: name the one to stop, see `shopstream jobs list`.")
        job = running[0]
    click.echo(cluster.stop(job))
