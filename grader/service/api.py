"""The HTTP interface: what is asked of the grader, by whom, and what they are told."""

import time
from http import HTTPStatus
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Path, Query, Request, Security
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer
from pydantic import Field
from sse_starlette import EventSourceResponse

from grader.records.report import Report
from grader.records.rubric import Record
from grader.reports.canvas import canvas_gradebook
from grader.reports.gradebook import gradebook
from grader.reports.html import html
from grader.reports.moodle import moodle_gradebook
from grader.reports.revised import Grade
from grader.service import revisions
from grader.service.access import latest, rubric_of, seen, shown, submission_for
from grader.service.board import waited
from grader.service.events import told
from grader.service.gradebook import entries
from grader.service.hand_in import hand_in
from grader.service.problems import MEDIA_TYPE, Problem
from grader.service.request import Service, ServiceIn, StaffIn, UserIn
from grader.service.submissions import ENDED, position
from grader.service.tables import SubmissionRow
from grader.service.users import User
from grader.text import storable

MAX_WAIT_SECONDS = 60.0


class CsvResponse(PlainTextResponse):
    media_type = "text/csv"


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
    points: float = Field(ge=0, strict=True)
    comment: str = Field(default="", max_length=5000)


HELD_UP = "It could not be graded, which is not your doing and costs nothing; staff will look at it."

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema(mode="serialization")}},
    }
    for status in (400, 401, 403, 404, 408, 409, 413, 422, 429, 503, 507)
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

# the guard asks for the token; this only says so
TOKEN = Security(HTTPBearer(auto_error=False, description="The token that `grader users import` printed."))

router = APIRouter(prefix="/api/v1", responses=ERRORS, dependencies=[TOKEN])


Identifier = Annotated[str, Path(pattern="^[0-9a-f]{20}$")]


@router.post("/assignments/{assignment}/submissions", status_code=202, openapi_extra=FORM, response_model=Accepted)
async def upload(
    assignment: str,
    request: Request,
    service: ServiceIn,
    user: UserIn,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> JSONResponse:
    """Hand in a notebook. It is kept for good when the answer comes; the same bytes of the same team are one submission."""
    row, new = await hand_in(request, service, user, assignment, idempotency_key)
    answer = Accepted(id=row.id, status=row.state, url=f"/api/v1/submissions/{row.id}")
    return JSONResponse(answer.model_dump(), 202 if new else 200)


@router.get("/submissions/{identifier}")
async def look(
    identifier: Identifier,
    service: ServiceIn,
    user: UserIn,
    wait: Annotated[float, Query(ge=0, le=MAX_WAIT_SECONDS)] = 0.0,
) -> Status:
    """How far a submission is; with `wait`, the answer comes when it is graded or so many seconds have passed."""
    deadline = time.monotonic() + wait
    with service.board.watching(identifier) as event:
        row = await run_sync(submission_for, service.store, identifier, user)
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
        reason=row.reason if user.staff or not row.reason else HELD_UP,
        report=seen(service.settings.root, row, found[0], user) if found else None,
    )


@router.get("/submissions/{identifier}/events", response_class=EventSourceResponse)
async def events(identifier: Identifier, service: ServiceIn, user: UserIn) -> EventSourceResponse:
    """Server-sent events until it is graded: `state`, `cell` and `item`."""
    row = await run_sync(submission_for, service.store, identifier, user)
    return EventSourceResponse(told(service, row, user))


@router.get("/submissions/{identifier}/report")
def report(identifier: Identifier, service: ServiceIn, user: UserIn) -> Report:
    """The rubric: all of it for staff, and for students what is for them to see now."""
    row = submission_for(service.store, identifier, user)
    return seen(service.settings.root, row, latest(service.store, row.id)[0], user)


@router.get("/submissions/{identifier}/report.html", response_class=HTMLResponse)
def report_page(identifier: Identifier, service: ServiceIn, user: UserIn) -> HTMLResponse:
    """The same as a page, with the notebook as it ran."""
    row = submission_for(service.store, identifier, user)
    found, revision = latest(service.store, row.id)
    grading = revisions.grading_of(service.store, revision)
    return HTMLResponse(html(seen(service.settings.root, row, found, user), grading.notebook, grading.execution))


@router.post("/submissions/{identifier}/regrade", status_code=202)
def regrade(identifier: Identifier, service: ServiceIn, user: StaffIn) -> Accepted:
    """Grade it once more, behind those who wait for their first report."""
    row = submission_for(service.store, identifier, user)
    revisions.regrade(service.store, row.id, user.id)
    service.dispatcher.wake()
    return Accepted(id=row.id, status="queued", url=f"/api/v1/submissions/{row.id}")


@router.put("/submissions/{identifier}/items/{item}")
def grade_item(identifier: Identifier, item: str, body: GradeBody, service: ServiceIn, user: StaffIn) -> Report:
    """A person's word on one item, which wins over every automatic grading."""
    row = submission_for(service.store, identifier, user)
    revisions.grade_by_hand(
        service.store, row.id, item, Grade(body.points, storable(body.comment)), user.id, time.time()
    )
    return seen(service.settings.root, row, latest(service.store, row.id)[0], user)


@router.get("/assignments/{assignment}/gradebook.csv", response_class=CsvResponse)
def grades(
    assignment: str, service: ServiceIn, user: StaffIn, format: Literal["generic", "moodle", "canvas"] = "generic"
) -> CsvResponse:
    """Everybody's points, by the last submission of their team that has a report: all of them, or as another system's
    gradebook takes them.
    """
    rubric = rubric_of(service.settings.root, assignment)
    people = entries(service.store, assignment, rubric.policy, user)
    if format == "moodle":
        return CsvResponse(moodle_gradebook(people, rubric.title, shown(rubric.policy, time.time()))[0])
    if format == "canvas":
        return CsvResponse(canvas_gradebook(people, rubric.title)[0])
    return CsvResponse(gradebook(people, [item.id for item in rubric.items]))
