"""The service's log: a line of JSON for each event, in which no word is a student's."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

FIELDS = ("submission", "outcome", "seconds")
"""What an event may have beside its words."""


class Lines(logging.Formatter):
    """Of an exception the kind and the places alone: what it says may come from a notebook, or be a statement with all of
    its values.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        told |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told["error"] = kind(error)
            told["at"] = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][
                -8:
            ]
        return json.dumps(told)


def kind(error: BaseException) -> str:
    """An exception's class, and that of what it comes from."""
    cause = error.__cause__ or getattr(error, "orig", None)
    number = f" {error.errno}" if isinstance(error, OSError) and error.errno else ""
    return type(error).__name__ + number + (f" from {kind(cause)}" if isinstance(cause, BaseException) else "")


def to_stderr() -> None:
    """Let all of this process's logs go there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
