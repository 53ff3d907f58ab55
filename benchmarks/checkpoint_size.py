"""How large the checkpoints of a running job are, by looking at their files."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from ingestion.errors import ShopstreamError

_SETTLED = 0.02


class CheckpointSizes:
    """Watches the checkpoint folder of one job, which Flink empties when the job ends; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def settled(self) -> int:
        """Return the size in bytes that the checkpoints had at last, the job's metadata and shared files included.

        Raises ShopstreamError when they were still growing.
        """
        # The last one may have been half deleted when it was looked at.
        seen = sorted(self._sizes[number] for number in sorted(self._sizes)[:-1][-5:])
        middle = seen[len(seen) // 2] if len(seen) == 5 else 0
        if sum(abs(size - middle) <= _SETTLED * middle for size in seen) < 3:
            raise ShopstreamError("The checkpoints did not settle: let nothing else run, or give it more seconds.")
        return middle

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            done = [(int(path.parent.name[4:]), path.parent) for path in self._folder.glob("*/chk-*/_metadata")]
            if done:
                number, own = max(done)
                # Files that the checkpoint before alone needed go a moment later: the least is the right one.
                size = _bytes_in(own) + _bytes_in(own.parent / "shared")
                self._sizes[number] = min(size, self._sizes.get(number, size))


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # deleted meanwhile
            continue
    return total
