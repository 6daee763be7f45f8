"""The rubric file's shape. A rubric may be published: it holds no answers."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RegionStart(Record):
    """A region of the notebook: from the starter's cell `starts` up to the next region's start."""

    id: str
    starts: str


class CheckSpec(Record):
    """One check of an item."""

    id: str
    run: str
    """`local/<function>` in the assignment's own checks.py, or `<family>/<function>` of the grader's catalogue."""
    weight: float = Field(default=1, gt=0)
    requires: tuple[str, ...] = ()
    """Checks of the same item without whose passing this one says nothing: it is skipped, and earns nothing."""
    params: dict[str, Any] = {}
    visibility: Visibility = "visible"


class Item(Record):
    """A line of the rubric: judged by checks, or by a person (`manual`)."""

    id: str
    title: str
    points: float = Field(gt=0)
    manual: bool = False
    object: str | None = None
    """The variable that has to exist; its checks run right after the region that defines it."""
    region: str | None = None
    """The region that should define `object`; defaults to the item's own id."""
    checks: tuple[CheckSpec, ...] = ()

    @model_validator(mode="after")
    def consistent(self) -> Self:
        known: set[str] = set()
        for check in self.checks:
            if check.id in known:
                raise ValueError(f"item {self.id} has two checks called {check.id}")
            if unknown := set(check.requires) - known:
                raise ValueError(
                    f"check {self.id}/{check.id} requires {', '.join(unknown)}, which does not come before it"
                )
            known.add(check.id)
        if self.manual and self.checks:
            raise ValueError(f"item {self.id} is manual and has checks")
        if self.checks and self.object is None:
            raise ValueError(f"item {self.id} has checks and names no object")
        return self


class Rubric(Record):
    id: str
    title: str
    regions: tuple[RegionStart, ...]
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def consistent(self) -> Self:
        for kind, ids in (("items", [i.id for i in self.items]), ("regions", [r.id for r in self.regions])):
            if len(ids) != len(set(ids)):
                raise ValueError(f"two {kind} have the same id")
        regions = {region.id for region in self.regions}
        for item in self.items:
            if item.object is not None and (item.region or item.id) not in regions:
                raise ValueError(f"item {item.id} belongs to the region {item.region or item.id}, which is not listed")
        return self
