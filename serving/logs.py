"""Structured logs: one JSON object a line, without personal data."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

LOGGER = logging.getLogger("shopstream.scorer")
_RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """Writes time (UTC), level, logger, message, and the record's extra fields.

    Of an exception it writes the type and the place, not the message: that may quote a user's data.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {key: value for key, value in vars(record).items() if key not in _RESERVED}
        if record.exc_info and record.exc_info[0] is not None:
            entry["error"] = record.exc_info[0].__name__
            entry["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return orjson.dumps(entry, default=str).decode()


def configure() -> None:
    """Send all logs of this process to standard error as JSON; libraries from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.captureWarnings(True)
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.INFO)
    # Both word a connection that is away again and again; the scorer says it once, in its own log.
    for noisy in ("kafka", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
