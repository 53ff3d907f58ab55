"""What `make package` packs: the jobs' Python packages for clusters that have none of our code."""

import shutil
import tarfile
from pathlib import Path

from ingestion.errors import ShopstreamError

ROOT = Path(__file__).resolve().parents[1]


def worker_archive(packed: Path, into: Path) -> Path:
    """Take the workers' archive out of the package; return where it lies, below ``into``.

    Raises ShopstreamError when the package is not there, or is none.
    """
    if not packed.is_file():
        raise ShopstreamError(
            f"{packed} is not there: pack the jobs with `make package`, or name theirs with --package."
        )
    into.mkdir(parents=True, exist_ok=True)
    target = into / "worker.tar.gz"
    try:
        with tarfile.open(packed) as archive:
            (member,) = (
                name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/worker.tar.gz")
            )
            content = archive.extractfile(member)
            if content is None:
                raise ValueError(f"{member} is no file")
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise ShopstreamError(f"{packed} is no package of the jobs: make it anew with `make package`.") from error
    return target


def newest_package() -> Path:
    """Return the newest package in ``dist``; where it would be, when there is none."""
    found = sorted((ROOT / "dist").glob("shopstream-jobs-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else ROOT / "dist" / "shopstream-jobs-VERSION.tar.gz"
