"""The HTTP interface: what is asked of the grader, by whom, and what they are told."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import Field
from sse_starlette import EventSourceResponse
from starlette.datastructures import UploadFile

from grader.errors import Refused
from grader.notebooks.read import read
from grader.records.progress import CellStarted
from grader.records.report import ItemReport, Report
from grader.records.rubric import Record
from grader.reports.html import html
from grader.reports.revised import Grade
from grader.rubrics import identifiers, load_rubric
from grader.service import revisions
from grader.service.access import report_for, submission_for
from grader.service.board import Board, waited
from grader.service.dispatch import Dispatcher
from grader.service.metrics import Metrics
from grader.service.problems import MEDIA_TYPE
from grader.service.store import Store
from grader.service.submissions import Upload, accept, position
from grader.service.tables import RevisionRow, SubmissionRow
from grader.service.users import User
from grader.settings import Settings
from grader.text import one_line

MAX_WAIT_SECONDS = 60.0
MAX_NAME = 200
ENDED = ("graded", "failed")


@dataclass(frozen=True)
class Service:
    """What requests work with."""

    store: Store
    settings: Settings
    board: Board
    metrics: Metrics
    dispatcher: Dispatcher


class Problem(Record):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


class Accepted(Record):
    id: str
    status: str
    url: str


class Progress(Record):
    """The code cell that runs, which of how many, and the items judged so far."""

    cell: int
    position: int
    cells: int
    items: tuple[str, ...]


class Status(Record):
    id: str
    status: str
    position: int
    """How many go before it in the queue, itself included; 0 where it does not wait."""
    progress: Progress | None
    reason: str
    """Why it failed."""
    report: Report | None


class GradeBody(Record):
    points: float = Field(ge=0)
    comment: str = Field(default="", max_length=5000)


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {MEDIA_TYPE: {}}} for status in (400, 401, 403, 404, 409, 413, 422, 503)
}
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["notebook"],
                    "properties": {
                        "notebook": {"type": "string", "format": "binary"},
                        "team": {"type": "string", "maxLength": 100},
                    },
                }
            }
        },
    }
}

router = APIRouter(prefix="/api/v1", responses=ERRORS)


def service_of(request: Request) -> Service:
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def user_of(request: Request) -> User:
    found = request.state.user
    assert isinstance(found, User)
    return found


def staff_of(request: Request) -> User:
    user = user_of(request)
    if not user.staff:
        raise Refused("Only staff may do this.")
    return user


ServiceIn = Annotated[Service, Depends(service_of)]
UserIn = Annotated[User, Depends(user_of)]
StaffIn = Annotated[User, Depends(staff_of)]
Identifier = Annotated[str, Path(pattern="^[0-9a-f]{20}$")]


@router.post("/assignments/{assignment}/submissions", status_code=202, openapi_extra=FORM, response_model=Accepted)
async def hand_in(
    assignment: str,
    request: Request,
    service: ServiceIn,
    user: UserIn,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> JSONResponse:
    """Hand in a notebook. It is kept for good when the answer comes; the same bytes of the same team are one submission."""
    received = time.time()
    if assignment not in identifiers(service.settings.root):
        raise Refused(f"There is no assignment {assignment!r}.", status=404)
    async with request.form(max_files=1, max_fields=4, max_part_size=4096) as form:
        file, team = form.get("notebook"), form.get("team")
        if not isinstance(file, UploadFile):
            raise Refused("Send the notebook's file in the form's field `notebook`.", status=422)
        data, name = await file.read(), one_line(file.filename or "notebook.ipynb")[:MAX_NAME]
    if isinstance(team, str) and team and team != user.team and not user.staff:
        raise Refused("You can hand in for your own team only.")
    of = team if isinstance(team, str) and team else user.team
    upload = Upload(assignment, of[:100], name, data, received, idempotency_key)
    row, new = await run_sync(take_in, service, upload, user)
    service.metrics.uploads.labels("new" if new else "known").inc()
    if new:
        service.dispatcher.wake()
    answer = Accepted(id=row.id, status=row.state, url=f"/api/v1/submissions/{row.id}")
    return JSONResponse(answer.model_dump(), 202 if new else 200)


def take_in(service: Service, upload: Upload, user: User) -> tuple[SubmissionRow, bool]:
    read(upload.data)
    rubric, _ = load_rubric(service.settings.root, upload.assignment)
    return accept(service.store, upload, user, rubric.policy)


@router.get("/submissions/{identifier}")
async def look(
    identifier: Identifier,
    service: ServiceIn,
    user: UserIn,
    wait: Annotated[float, Query(ge=0, le=MAX_WAIT_SECONDS)] = 0.0,
) -> Status:
    """How far a submission is; with `wait`, the answer comes when it is graded or so many seconds have passed."""
    row = await run_sync(submission_for, service.store, identifier, user)
    deadline = time.monotonic() + wait
    with service.board.watching(identifier) as event:
        while row.state not in ENDED and (left := deadline - time.monotonic()) > 0:
            await waited(event, left)
            event.clear()
            row = await run_sync(submission_for, service.store, identifier, user)
    return await run_sync(status_of, service, row, user)


def status_of(service: Service, row: SubmissionRow, user: User) -> Status:
    standing = service.board.standing(row.id)
    progress = None
    if row.state == "running" and standing.cell is not None:
        cell = standing.cell
        items = tuple(item.id for item in standing.items)
        progress = Progress(cell=cell.index, position=cell.position, cells=cell.cells, items=items)
    found = revisions.current(service.store, row.id)
    return Status(
        id=row.id,
        status=row.state,
        position=position(service.store, row) if row.state == "queued" else 0,
        progress=progress,
        reason=row.reason,
        report=report_for(service.settings, row, found[0], user, time.time()) if found else None,
    )


@router.get("/submissions/{identifier}/events", response_class=EventSourceResponse)
async def events(identifier: Identifier, service: ServiceIn, user: UserIn) -> EventSourceResponse:
    """Server-sent events until it is graded: `state`, `cell` and `item`."""
    row = await run_sync(submission_for, service.store, identifier, user)
    return EventSourceResponse(told(service, row, user))


async def told(service: Service, row: SubmissionRow, user: User) -> AsyncIterator[dict[str, str]]:
    """Each change once; the first says how it stands."""
    state, cell, items = "", None, 0
    with service.board.watching(row.id) as event:
        while state not in ENDED:
            event.clear()
            row, standing = await run_sync(submission_for, service.store, row.id, user), service.board.standing(row.id)
            if row.state != state:
                state, cell, items = row.state, None, 0
                yield {"event": "state", "data": StateEvent(status=state).model_dump_json()}
            if standing.cell not in (None, cell):
                cell = standing.cell
                yield {"event": "cell", "data": cell_event(cell).model_dump_json()}
            for item in standing.items[items:]:
                yield {"event": "item", "data": item_event(item).model_dump_json()}
            items = len(standing.items)
            if state not in ENDED:
                await waited(event, MAX_WAIT_SECONDS)


class StateEvent(Record):
    status: str


class CellEvent(Record):
    cell: int
    position: int
    cells: int


class ItemEvent(Record):
    """Points and status alone: which checks may be seen, the report knows."""

    id: str
    title: str
    status: str
    points: float | None
    max_points: float


def cell_event(cell: CellStarted | None) -> CellEvent:
    assert cell is not None
    return CellEvent(cell=cell.index, position=cell.position, cells=cell.cells)


def item_event(item: ItemReport) -> ItemEvent:
    return ItemEvent(id=item.id, title=item.title, status=item.status, points=item.points, max_points=item.max_points)


@router.get("/submissions/{identifier}/report")
def report(identifier: Identifier, service: ServiceIn, user: UserIn) -> Report:
    """The rubric: all of it for staff, and for students what is for them to see now."""
    row = submission_for(service.store, identifier, user)
    return report_for(service.settings, row, latest(service, row)[0], user, time.time())


@router.get("/submissions/{identifier}/report.html", response_class=HTMLResponse)
def report_page(identifier: Identifier, service: ServiceIn, user: UserIn) -> HTMLResponse:
    """The same as a page, with the notebook as it ran."""
    row = submission_for(service.store, identifier, user)
    found, revision = latest(service, row)
    grading = revisions.grading_of(service.store, revision)
    shown = report_for(service.settings, row, found, user, time.time())
    return HTMLResponse(html(shown, grading.notebook, grading.execution))


def latest(service: Service, row: SubmissionRow) -> tuple[Report, RevisionRow]:
    found = revisions.current(service.store, row.id)
    if found is None:
        raise Refused("This submission has no report yet.", status=404)
    return found


@router.post("/submissions/{identifier}/regrade", status_code=202)
def regrade(identifier: Identifier, service: ServiceIn, user: StaffIn) -> Accepted:
    """Grade it once more, behind those who wait for their first report."""
    row = submission_for(service.store, identifier, user)
    revisions.regrade(service.store, row.id)
    service.dispatcher.wake()
    return Accepted(id=row.id, status="queued", url=f"/api/v1/submissions/{row.id}")


@router.put("/submissions/{identifier}/items/{item}")
def grade_item(identifier: Identifier, item: str, body: GradeBody, service: ServiceIn, user: StaffIn) -> Report:
    """A person's word on one item, which wins over every automatic grading."""
    row = submission_for(service.store, identifier, user)
    revisions.grade_by_hand(service.store, row.id, item, Grade(body.points, body.comment), user.id, time.time())
    return latest(service, row)[0]
