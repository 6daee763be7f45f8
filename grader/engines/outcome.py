"""What a grading's process says: how far it is, and its end, a grading or an error. As JSON, and never as pickle."""

from dataclasses import dataclass

from pydantic import TypeAdapter
from pydantic_core import to_json

from grader.errors import GraderError, GraderFault
from grader.records.grading import Grading
from grader.records.progress import Progress
from grader.text import storable


@dataclass(frozen=True)
class Outcome:
    """What a child says: how far it is, or in the end its grading, or which GraderError it ended with."""

    progress: Progress | None = None
    grading: Grading | None = None
    fault: str = ""
    message: str = ""


OUTCOME = TypeAdapter(Outcome)


def said(outcome: Outcome) -> bytes:
    # a figure may show what is no number
    return to_json(outcome, inf_nan_mode="constants")


def failed(error: GraderError) -> bytes:
    return said(Outcome(fault=type(error).__name__, message=storable(str(error))))


def understood(answered: bytes) -> Progress | Grading | GraderError:
    """What a child speaks of."""
    found = OUTCOME.validate_json(answered)
    return found.progress or found.grading or kinds(GraderError).get(found.fault, GraderFault)(found.message)


def kinds(base: type[GraderError]) -> dict[str, type[GraderError]]:
    """A class of errors and all its subclasses, by name."""
    below = {name: kind for subclass in base.__subclasses__() for name, kind in kinds(subclass).items()}
    return {base.__name__: base} | below
