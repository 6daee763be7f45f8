"""The last step to a report: whatever a submission, its name or its kernel held, a report is text to be shown."""

from typing import TypeVar

from grader.records.rubric import Record
from grader.text import printable

R = TypeVar("R", bound=Record)


def clean(report: R) -> R:
    """`report`, or a part of one, with every text in it printable."""
    return report.model_validate(cleaned(report.model_dump()))


def cleaned(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: cleaned(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(cleaned(part) for part in value)
    return value
