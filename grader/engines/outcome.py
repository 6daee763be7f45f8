"""What a grading's process says at its end: a grading, or the error that it ended with, as JSON and never as pickle."""

from dataclasses import dataclass

from pydantic import TypeAdapter
from pydantic_core import to_json

from grader.errors import GraderError, GraderFault
from grader.records.grading import Grading


@dataclass(frozen=True)
class Outcome:
    """What a child says: its grading, or which GraderError it ended with."""

    grading: Grading | None = None
    fault: str = ""
    message: str = ""


OUTCOME = TypeAdapter(Outcome)


def said(outcome: Outcome) -> bytes:
    # a figure may show what is no number
    return to_json(outcome, inf_nan_mode="constants")


def understood(answered: bytes) -> Grading:
    """The grading that a child speaks of; raises the GraderError that it ended with."""
    found = OUTCOME.validate_json(answered)
    if found.grading is None:
        raise kinds(GraderError).get(found.fault, GraderFault)(found.message)
    return found.grading


def kinds(base: type[GraderError]) -> dict[str, type[GraderError]]:
    """A class of errors and all its subclasses, by name."""
    below = {name: kind for subclass in base.__subclasses__() for name, kind in kinds(subclass).items()}
    return {base.__name__: base} | below
