"""A small, wrong change of the reference that a check has to notice."""

from typing import Literal, Self

from pydantic import model_validator

from grader.records.rubric import Record


class Mutant(Record):
    """One change in one region: `replace` by `by`, as syntax of its code or, with `text`, as characters of any cell; or
    of what is `stored` beside the cells."""

    name: str
    item: str
    """The item that loses points."""
    noticed_by: tuple[str, ...]
    """Checks of the item that fail."""
    region: str | None = None
    """Defaults to the item's id."""
    replace: str | None = None
    by: str = ""
    text: bool = False
    stored: Literal["cleared", "unordered", "failed"] | None = None
    spreads_to: tuple[str, ...] = ()
    """Other items that may lose points, because they build on this one."""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        if (self.replace is None) == (self.stored is None):
            raise ValueError(f"the mutant {self.name} needs either `replace` or `stored`")
        return self
