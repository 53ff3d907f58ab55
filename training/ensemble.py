"""The mean of the best models' probabilities."""

from collections.abc import Sequence

from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from training.dataset import Dataset
from training.fitting import Fitted, judge
from training.models import Candidate

NAME = "ensemble"
MEMBERS = 3


def ensemble(fits: Sequence[Fitted], data: Dataset) -> Fitted:
    """Return a soft vote of the best three models by validation ROC AUC; none of them is fitted again."""
    best = sorted(fits, key=lambda fitted: fitted.validation.roc_auc, reverse=True)[:MEMBERS]
    members = [(fitted.candidate.name, FrozenEstimator(fitted.pipeline)) for fitted in best]
    vote = VotingClassifier(members, voting="soft").fit(data.train.inputs, data.train.labels)
    together = Candidate(
        NAME,
        lambda *_: Pipeline([("model", VotingClassifier(members, voting="soft"))]),
        {},
        tuple(dict.fromkeys(package for fitted in best for package in fitted.candidate.packages)),
        ("sklearn.utils._bunch.Bunch", *dict.fromkeys(kind for one in best for kind in one.candidate.trusted_types)),
    )
    parameters = {"members": ", ".join(name for name, _ in members), "voting": "soft"}
    return judge(together, Pipeline([("model", vote)]), parameters, data)
