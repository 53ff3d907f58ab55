"""Will this user stay away for 30 days?"""

from datetime import timedelta

from training.task import Task

CHURN_30D = Task(
    name="churn_30d",
    description="No activity in the 30 days after the cut-off",
    feature_service="churn_30d",
    label="label_churn_30d.sql",
    horizon=timedelta(days=30),
    # Who has been away for a whole horizon already counts as gone and is no longer asked about.
    active_within=timedelta(days=30),
    every=timedelta(days=3),
)
