"""The commands ``shopstream jobs submit|restore|list|stop|logs|backfill``."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.table import Table

from flink_jobs.backfill.cli import results as backfill
from flink_jobs.cluster import Cluster
from flink_jobs.kubernetes import OVERLAYS, apply, flink_deployment
from flink_jobs.results import Selection
from flink_jobs.settings import JobSettings
from flink_jobs.snapshots import Snapshots
from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings
from ingestion.topic_reader import TopicReader

_ADDRESS = re.compile(r"[\w.-]+:\d{1,5}")


def _cluster() -> Cluster:
    return Cluster(read_settings(JobSettings).flink_rest)


def _selection(is_all: bool, names: tuple[str, ...]) -> Selection:
    if is_all and names:
        raise ShopstreamError("--all has every result: leave out --job, or name the results without --all.")
    return Selection.of(names)


_drops_unknown = click.option(
    "--drop-unknown-state",
    "drops_unknown",
    is_flag=True,
    help="Leave behind what the new job has no operator for: a funnel by its old name, a result that moved.",
)


@click.group()
def jobs() -> None:
    """Submit Flink jobs, see what runs, stop one with a savepoint.

    \b
    Examples:
      shopstream jobs submit --all
      shopstream jobs submit --job user_features
      shopstream jobs list
      shopstream jobs stop
      shopstream jobs restore
      shopstream jobs logs
      shopstream jobs backfill --job revenue --into /tmp/rebuilt
    """


jobs.add_command(backfill)


jobs.add_command(backfill)


@jobs.command()
@click.option("--all", "is_all", is_flag=True, help="Every result as one job; so it is without --job, too.")
@click.option(
    "--job", "names", multiple=True, metavar="RESULT", help="Only this result; named more often, these as one job."
)
@click.option("--savepoint", metavar="URI", help="Go on from this savepoint or checkpoint.")
@_drops_unknown
@click.option("--fresh", is_flag=True, help="Go on reading where the last job stopped, but forget what it had counted.")
@click.option(
    "--target",
    type=click.Choice(["local", "remote", "kubernetes"]),
    default="local",
    show_default=True,
    help="The local stack; a cluster at WHERE, HOST:PORT, that has none of our code; or Flink's operator, by the"
    " kustomize overlay WHERE.",
)
@click.option("--dry-run", is_flag=True, help="Print what Kubernetes would get, and do nothing.")
@click.argument("where", required=False)
def submit(
    is_all: bool,
    names: tuple[str, ...],
    savepoint: str | None,
    drops_unknown: bool,
    fresh: bool,
    target: str,
    dry_run: bool,
    where: str | None,
) -> None:
    """Submit results as one job, which reads Kafka and parses once; all of them unless some are named.

    A job that has run before goes on from its savepoint, or from the newest checkpoint of one that was killed.
    The job's settings are the SHOPSTREAM_ variables of this shell; on Kubernetes they are the overlay's, but for the
    consumer group. Topics must be there: `shopstream topics apply`.

    \b
    Results: page_views, revenue, user_activity, funnel_stages, funnel_conversions,
    anomalies, user_features, product_features, lake (with the dead letters).

    \b
    Examples:
      shopstream jobs submit --all
      shopstream jobs submit --job user_features
      shopstream jobs submit --job lake --job page_views
      shopstream jobs submit --all --target remote 10.0.0.5:8081
      shopstream jobs submit --all --target kubernetes deploy/kubernetes/overlays/production --dry-run
    """
    settings, selection = read_settings(JobSettings), _selection(is_all, names)
    _check_options(target, where, dry_run, fresh)
    if target == "kubernetes":
        _submit_to_kubernetes(Path(where) if where else OVERLAYS / "local", selection, settings, savepoint, dry_run)
        return
    name = selection.job_name(settings.consumer_group)
    rest = where or settings.flink_rest
    newest = _newest(settings, name, rest)
    # Either may be missing: Flink commits offsets to Kafka on a best-effort basis, and a snapshot may lie elsewhere.
    if not (savepoint or fresh) and (newest or any(TopicReader(settings.kafka_bootstrap).read_by(name).values())):
        raise ShopstreamError(
            "An earlier job has read these topics: go on from what it had counted with --savepoint"
            f" {newest or 'and what `shopstream jobs stop` printed'}, or forget that with --fresh."
        )
    with Console(stderr=True).status("flink run: planning and uploading ..."):
        job = Cluster(rest).submit(settings, selection, savepoint, drops_unknown)
    click.echo(f"Job {job} ({name}) runs: http://{rest}/#/job/{job}/overview")


def _newest(settings: JobSettings, name: str, rest: str) -> str | None:
    return Snapshots(settings.state, name, rest).newest() or Cluster(rest).newest_snapshot(name)


def _check_options(target: str, where: str | None, dry_run: bool, fresh: bool) -> None:
    if target == "remote" and (where is None or not _ADDRESS.fullmatch(where)):
        raise ShopstreamError("--target remote needs the cluster's address: --target remote HOST:PORT.")
    if target == "local" and where:
        raise ShopstreamError(f"The local stack needs no address: leave out {where}, or say --target remote {where}.")
    if dry_run and target != "kubernetes":
        raise ShopstreamError("--dry-run is for --target kubernetes: leave it out.")
    if fresh and target == "kubernetes":
        raise ShopstreamError(
            "On Kubernetes the operator keeps what a job has counted: delete its FlinkDeployment first."
        )


def _submit_to_kubernetes(
    overlay: Path, selection: Selection, settings: JobSettings, savepoint: str | None, dry_run: bool
) -> None:
    deployment = flink_deployment(overlay, selection, settings.consumer_group, savepoint)
    click.echo(yaml.safe_dump(deployment, sort_keys=False) if dry_run else apply(deployment))


@jobs.command()
@click.option("--all", "is_all", is_flag=True, help="The job that has every result; so it is without --job, too.")
@click.option("--job", "names", multiple=True, metavar="RESULT", help="The job that has only these results.")
@_drops_unknown
def restore(is_all: bool, names: tuple[str, ...], drops_unknown: bool) -> None:
    """Submit a job again from its newest savepoint or checkpoint.

    After `shopstream jobs stop`, for instance with changed code, or after a crash. Nothing is lost and nothing counted
    twice. The local stack keeps snapshots by the job's name; another cluster is asked for those of the job that ended
    last, which it remembers for an hour (`submit --savepoint` takes any). On Kubernetes the operator restores.

    \b
    Examples:
      shopstream jobs stop && shopstream jobs restore --all
      shopstream jobs restore --job user_features
      SHOPSTREAM_FLINK_REST=10.0.0.5:8081 shopstream jobs restore --all
    """
    settings, selection = read_settings(JobSettings), _selection(is_all, names)
    name = selection.job_name(settings.consumer_group)
    newest = _newest(settings, name, settings.flink_rest)
    if newest is None:
        raise ShopstreamError(
            f"There is no savepoint or checkpoint of {name} in {settings.state.absolute()}, nor does Flink at"
            f" {settings.flink_rest} know one: submit it with `shopstream jobs submit`, or name one with --savepoint."
        )
    with Console(stderr=True).status("flink run: planning and uploading ..."):
        job = _cluster().submit(settings, selection, newest, drops_unknown)
    click.echo(f"Job {job} ({name}) goes on from {newest}: http://{settings.flink_rest}/#/job/{job}/overview")


@jobs.command()
@click.argument("job", required=False)
@click.option("--lines", default=20, show_default=True, type=click.IntRange(min=0), help="Last lines of each log.")
@click.option("--trace", is_flag=True, help="Failures with their whole stack traces.")
def logs(job: str | None, lines: int, trace: bool) -> None:
    """Show what JOB, an id or a name, has failed of, or all jobs have, and the ends of the cluster's logs.

    \b
    Examples:
      shopstream jobs logs
      shopstream jobs logs shopstream --trace --lines 0
    """
    cluster = _cluster()
    chosen = [found for found in cluster.jobs() if job in (None, found.id, found.name)]
    if job is not None and not chosen:
        raise ShopstreamError(f"No job has the id or name {job}: see `shopstream jobs list`.")
    for found in chosen:
        failures = cluster.failures(found.id)
        click.echo(f"{found.name} ({found.id}) is {found.state}, {len(failures)} failures known")
        for failure in failures:
            click.echo(f"  {failure.at:%Y-%m-%d %H:%M:%S} UTC {failure.task or 'the job'}: {failure.cause}")
            if trace:
                click.echo(failure.trace)
    for name, text in cluster.logs().items() if lines else ():
        click.echo(f"\n{name}:")
        click.echo("\n".join(text.splitlines()[-lines:]))


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
    """Stop JOB, an id or a name, with a savepoint, or the one that runs; prints where to go on from."""
    settings, cluster = read_settings(JobSettings), _cluster()
    running = [found for found in cluster.jobs() if found.state == "RUNNING" and job in (None, found.id, found.name)]
    if len(running) != 1:
        what = "run" if job is None else f"with the id or name {job} run"
        raise ShopstreamError(f"{len(running)} jobs {what}: name the one to stop, see `shopstream jobs list`.")
    click.echo(cluster.stop(running[0], settings.state))
