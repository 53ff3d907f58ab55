"""Settings of a job on a stack that a test has started."""

from typing import Any

from deploy.stack.settings import StackSettings
from flink_jobs.settings import JobSettings


def job_settings(stack: StackSettings, **values: Any) -> JobSettings:
    """Return the settings of a job that uses the stack's services and state folder, with ``values`` over them."""
    shared = {name: getattr(stack, name) for name in JobSettings.model_fields if hasattr(stack, name)}
    return JobSettings(**{**shared, **values})
