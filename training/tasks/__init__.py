"""The tasks, by name."""

from ingestion.errors import ShopstreamError
from training.task import Task
from training.tasks.churn_30d import CHURN_30D
from training.tasks.purchase_24h import PURCHASE_24H

TASKS = {task.name: task for task in (PURCHASE_24H, CHURN_30D)}


def task_named(name: str) -> Task:
    """Return the task; raises ShopstreamError for an unknown name."""
    if name not in TASKS:
        raise ShopstreamError(f"there is no task {name}; the tasks are {', '.join(TASKS)}")
    return TASKS[name]
