"""How the pipeline fares."""

from nicegui import ui

from serving.dashboard import words
from serving.dashboard.health import Health, HealthWatch


class Pipeline:
    """A list of figures, and what is wrong."""

    def __init__(self, watch: HealthWatch) -> None:
        self._watch = watch
        card = ui.card().classes("w-full min-w-0 gap-2").props('role=region aria-label="Pipeline health"')
        with card.props('data-test="Pipeline"'):
            ui.label("Pipeline health").classes("text-base font-semibold").props("role=heading aria-level=2")
            self._body = ui.column().classes("w-full gap-1 text-sm")

    async def refresh(self) -> None:
        """Show what was found last."""
        found = await self._watch.refresh()
        self._body.clear()
        with self._body:
            for problem in found.problems:
                ui.label(problem).classes("text-amber-700 dark:text-amber-300").props("role=status")
            for name, value in _figures(found).items():
                with ui.row().classes("w-full justify-between no-wrap gap-4"):
                    ui.label(name).classes("opacity-70")
                    ui.label(value).classes("text-right").props(f'data-test="health-{name}"')


def _figures(found: Health) -> dict[str, str]:
    jobs = found.jobs
    figures = {"newest feature row": _ago(found.feature_age_seconds)}
    if not jobs:
        return figures
    unread = [sum(job.unread.values()) for job in jobs if job.unread is not None]
    ages = [job.checkpoint_age_seconds for job in jobs]
    known = [one for one in ages if one is not None]
    letters = sum(sum(job.dead_letters.values()) for job in jobs)
    return {
        "jobs that read events": words.count(len(jobs)),
        "records waiting in Kafka": words.count(sum(unread)) if unread else "unknown",
        "events counted": words.count(sum(job.counted for job in jobs)),
        "late, left out": words.count(sum(job.late for job in jobs)),
        "duplicates, left out": words.count(sum(job.duplicates for job in jobs)),
        "dead letters": words.count(letters),
        "last checkpoint": _ago(max(known) if len(known) == len(ages) else None),
        "failed checkpoints": words.count(sum(job.failed_checkpoints for job in jobs)),
        **figures,
    }


def _ago(seconds: float | None) -> str:
    return "none yet" if seconds is None else f"{words.duration(max(0.0, seconds))} ago"
