"""What the demo found, and whether its numbers add up."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the events went. All but ``produced`` are read back from where they were stored."""

    produced: int
    read: int
    """Records that the job has read, by its committed offsets."""
    in_lake: int
    dead_lettered: int
    late: int
    duplicate: int
    users_behind: int
    """Users whose latest event is not in the feature log."""

    def balanced(self) -> bool:
        """Whether every produced event has been read and stored."""
        return self.produced == self.read == self.in_lake + self.dead_lettered

    def settled(self) -> bool:
        """Whether the counts are balanced and every event is in the features, too."""
        return self.balanced() and not self.users_behind


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything ``make demo`` prints and writes to ``summary.json``."""

    counts: Counts
    shift_us: int
    """What was added to the input's times; a recount of the input adds it too."""
    results: dict[str, int]
    """Rows of each result."""
    users: int
    """Users of the input."""
    users_without_features: int
    features: dict[str, dict[str, Any]]
    """Features of three users, read through Feast."""
    model: dict[str, Any]
    score: dict[str, Any]
    addresses: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each step took."""

    def problems(self) -> list[str]:
        """Return a sentence for each number that does not add up."""
        found = []
        counts = self.counts
        if counts.users_behind:
            found.append(f"The features of {counts.users_behind:,} users lack their latest events.")
        if not counts.balanced():
            found.append(
                f"{counts.produced:,} events were produced, {counts.read:,} read, {counts.in_lake:,} are in the lake"
                f" and {counts.dead_lettered:,} among the dead letters: these must be equal."
            )
        if self.users_without_features:
            found.append(f"{self.users_without_features} of {self.users} users have no features.")
        found += [f"The result {name} has no rows." for name, rows in self.results.items() if not rows]
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "problems": self.problems()}
