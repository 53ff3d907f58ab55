"""Will this user buy within 24 hours?"""

from datetime import timedelta

from training.task import Task

PURCHASE_24H = Task(
    name="purchase_24h",
    description="A purchase in the 24 hours after the cut-off",
    feature_service="purchase_24h",
    label="label_purchase_24h.sql",
    horizon=timedelta(hours=24),
    # The scorer is asked while a user is on the page, so the model learns from users seen within the hour,
    # often enough that a session of a quarter of an hour is met in its beginning or middle too.
    active_within=timedelta(hours=1),
    every=timedelta(minutes=10),
)
