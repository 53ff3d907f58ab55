"""The model card: what a model is for, what it was made from, how good it is and where it is not to be used.

Headings as proposed by Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from datetime import timedelta

from training.bootstrap import Interval
from training.dataset import Dataset
from training.evaluation import Scores
from training.fitting import Fitted
from training.vector import COLUMNS

NAME = "model_card.md"
"""The artifact of the best model's run."""

_SCORES = {
    "ROC AUC": "roc_auc",
    "average precision": "average_precision",
    "log loss": "log_loss",
    "Brier score": "brier",
    "calibration error": "calibration_error",
    "precision": "precision",
    "recall": "recall",
    "F1": "f1",
}


def model_card(fitted: Fitted, data: Dataset, baseline: Scores, auc: Interval, over_baseline: Interval) -> str:
    """Return the card as Markdown; every figure is of the test rows unless it says otherwise. Times are UTC."""
    task = data.task
    parameters = ", ".join(f"{name} {value}" for name, value in fitted.parameters.items()) or "none"
    lines = [
        f"# {task.name}: {fitted.candidate.name}",
        "",
        "## Intended use",
        "",
        f"{task.description}: the probability of that for one user at one moment. It is asked of users who were active"
        f" within the last {_words(task.active_within)}; of others it has seen nothing. It ranks users and estimates"
        " shares; it explains nobody, and is no ground for a decision that a person may ask the reasons of.",
        "",
        "## Data",
        "",
        f"Features of the service `{task.feature_service}` as of each cut-off, every {_words(task.every)}; labels from"
        f" the {_words(task.horizon)} after it. {data.unknown:,} rows had no feature yet and count as newcomers.",
        "",
        "| part | rows | positive | users | first cut-off | last cut-off |",
        "|---|---:|---:|---:|---|---|",
    ]
    for name, part in data.parts().items():
        told = part.summary()
        share = told["positives"] / told["rows"]
        lines.append(
            f"| {name} | {told['rows']:,} | {told['positives']:,} ({share:.1%}) | {told['users']:,} |"
            f" {told['first_cutoff']} | {told['last_cutoff']} |"
        )
    lines += [
        "",
        "The parts follow one another in time, with a whole horizon between them; users may be in several.",
        "",
        "## Quality",
        "",
        f"ROC AUC {auc}, better by {over_baseline} than the hours since the last event alone; intervals are of 95 %, by"
        f" users. Precision, recall and F1 call a row positive from {fitted.threshold:.4f} on, where F1 was best on the"
        " validation rows.",
        "",
        "| score | validation | test | recency alone, test |",
        "|---|---:|---:|---:|",
    ]
    for heading, name in _SCORES.items():
        found = [getattr(one, name) for one in (fitted.validation, fitted.test, baseline)]
        lines.append(f"| {heading} | {' | '.join(f'{value:.4f}' for value in found)} |")
    lines += [
        "",
        "## Model",
        "",
        f"Parameters: {parameters}. Inputs, in this order: {', '.join(f'`{name}`' for name in COLUMNS)}.",
        "",
        "## Limits",
        "",
        f"- Learnt until {data.train.cutoffs.max().isoformat()}: `shopstream drift {task.name}` tells when users have"
        " become others.",
        "- Not examined for groups of users: events say nothing of age, sex or origin, and none may be inferred.",
        "- A newcomer is scored from zeros, which only says how newcomers behaved in the train rows.",
        "",
    ]
    return "\n".join(lines)


def _words(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours < 1:
        return f"{60 * hours:g} minutes"
    if hours == 1:
        return "hour"
    return f"{hours:g} hours" if hours <= 48 else f"{hours / 24:g} days"
