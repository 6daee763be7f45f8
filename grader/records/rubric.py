"""The rubric file's shape. A rubric may be published: it holds no answers."""

from datetime import date, datetime
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime, field_validator, model_validator

Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
    flag: bool = False
    """Whether staff are told when it fails, because it may be no accident."""


class Item(Record):
    """A line of the rubric: judged by checks, or by a person (`manual`)."""

    id: str
    title: str
    points: float = Field(gt=0)
    manual: bool = False
    object: str | None = None
    """The variable that has to exist; its checks run right after the region that defines it. Without one, they run at the
    end, and see no kernel."""
    uses: tuple[str, ...] = ()
    """Other variables that its checks look at."""
    region: str | None = None
    """The region that should define `object`, and whose cells the checks look at; defaults to the item's own id."""
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
        return self


class Misleading(Record):
    """Something that a notebook prints about itself which says less than it seems to."""

    item: str
    printed: str
    message: str
    """The explanation for students who relied on it and lose points all the same."""


class Policy(Record):
    """When and how often an assignment may be handed in to the service."""

    attempts: int | None = Field(default=None, gt=0)
    """How many submissions a team has; those that the machine failed do not count."""
    cooldown_minutes: float = Field(default=0, ge=0)
    """From one submission of a team to its next."""
    timezone: str = "UTC"
    due: NaiveDatetime | None = None
    """On the clocks of `timezone`."""
    grace_minutes: float = Field(default=0, ge=0)
    """How long after the due date a submission is still in time."""
    late_penalty: float = Field(default=0, ge=0, le=1)
    """The part of the score that each begun day after the due date costs."""
    late_days: int = Field(default=0, ge=0)
    """How many days after the due date submissions are still taken."""
    published: NaiveDatetime | None = None
    """When results that are `after_published` are shown, on the clocks of `timezone`; never without it."""

    @field_validator("due", "published", mode="before")
    @classmethod
    def with_time(cls, value: object) -> object:
        bare = isinstance(value, date) and not isinstance(value, datetime)
        if bare or (isinstance(value, str) and ":" not in value):
            raise ValueError(f"{value} is a day; say at what time, as in {value} 23:59:00")
        return value

    @model_validator(mode="after")
    def consistent(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {self.timezone}; they are called like Europe/London") from error
        return self

    def seconds(self, date: datetime) -> float:
        """A date of this policy as seconds since 1970."""
        return date.replace(tzinfo=ZoneInfo(self.timezone)).timestamp()

    def local(self, seconds: float) -> datetime:
        """Seconds since 1970 as a date of this policy."""
        return datetime.fromtimestamp(seconds, ZoneInfo(self.timezone)).replace(tzinfo=None)


class Rubric(Record):
    id: str
    title: str
    policy: Policy = Policy()
    identity: str | None = None
    """The region in which the students name themselves."""
    true_sizes: tuple[int, ...] = ()
    """Numbers that show that code depends on the true size of the data: it cannot run with the small set."""
    regions: tuple[RegionStart, ...]
    items: tuple[Item, ...]
    misleading: tuple[Misleading, ...] = ()

    @model_validator(mode="after")
    def consistent(self) -> Self:
        for kind, ids in (("items", [i.id for i in self.items]), ("regions", [r.id for r in self.regions])):
            if len(ids) != len(set(ids)):
                raise ValueError(f"two {kind} have the same id")
        regions = {region.id for region in self.regions}
        if self.identity is not None and self.identity not in regions:
            raise ValueError(f"the students' region {self.identity} is not listed")
        for item in self.items:
            if item.object is not None and (item.region or item.id) not in regions:
                raise ValueError(f"item {item.id} belongs to the region {item.region or item.id}, which is not listed")
        return self
