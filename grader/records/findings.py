"""What the checks found."""

from dataclasses import dataclass
from typing import Literal

CheckStatus = Literal["passed", "failed", "error", "skipped"]
Blame = Literal["student", "grader", "infrastructure"]


@dataclass(frozen=True)
class Finding:
    """The outcome of one check of one item; `message` is a sentence for the student."""

    item: str
    check: str
    status: CheckStatus
    message: str = ""
    blame: Blame | None = None
    detail: str = ""
    """For staff only: the traceback of a check that broke."""
