"""The service for people: sign in, hand in, watch, read, and, for staff, grade by hand."""

import time
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import Headers

from grader.errors import DamagedContent, Refused
from grader.reports.revised import Grade
from grader.service import revisions, visits
from grader.service.access import latest, seen, submission_for
from grader.service.api import HELD_UP, Identifier
from grader.service.hand_in import hand_in
from grader.service.identity import COOKIE, cookie_of
from grader.service.overview import desks, history
from grader.service.page import page
from grader.service.problems import trouble
from grader.service.request import ServiceIn, StaffIn, UserIn
from grader.service.submissions import ENDED, position
from grader.service.users import user_with
from grader.text import storable

MAX_COMMENT = 5000

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login_page() -> Response:
    return page("login.html.j2", {"wrong": ""})


@router.post("/login")
async def login(request: Request, service: ServiceIn) -> Response:
    """Take a token and give a cookie, which is of no use to scripts and to other sites."""
    async with request.form(max_files=0, max_fields=2) as form:
        token = str(form.get("token", "")).strip()
    user = await run_sync(user_with, service.store, token)
    if user is None:
        if service.rates.wrong_token(request.client.host if request.client else ""):
            raise Refused("These were too many wrong tokens; wait a minute.", status=429)
        return page("login.html.j2", {"wrong": "This is nobody's token."}, 401)
    cookie = await run_sync(visits.begin, service.store, user, time.time())
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, int(visits.VISIT_SECONDS), httponly=True, samesite="lax", secure=secure)
    return answer


@router.post("/logout")
def logout(request: Request, service: ServiceIn, _: UserIn) -> Response:
    visits.end(service.store, cookie_of(Headers(scope=request.scope)))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


@router.get("/")
def home(service: ServiceIn, user: UserIn) -> Response:
    """The assignments: what may be handed in, and what was."""
    return page("home.html.j2", {"user": user, "desks": desks(service, user, time.time())})


@router.post("/assignments/{assignment}/submissions")
async def upload(assignment: str, request: Request, service: ServiceIn, user: UserIn) -> Response:
    row, _ = await hand_in(request, service, user, assignment)
    return to(row.id)


@router.get("/submissions/{identifier}")
def submission(identifier: Identifier, service: ServiceIn, user: UserIn) -> Response:
    row = submission_for(service.store, identifier, user)
    damaged = ""
    try:
        found = revisions.current(service.store, row.id)
    except DamagedContent as error:
        # with the button that mends it
        found, damaged = None, trouble(error).detail
    values = {
        "user": user,
        "row": row,
        "ended": row.state in ENDED,
        "position": position(service.store, row) if row.state == "queued" else 0,
        "reason": row.reason if user.staff else HELD_UP,
        "damaged": damaged,
        "report": seen(service.settings.root, row, found[0], user) if found else None,
        "history": history(service, row) if user.staff else [],
    }
    return page("submission.html.j2", values)


@router.post("/submissions/{identifier}/regrade")
def regrade(identifier: Identifier, service: ServiceIn, user: StaffIn) -> Response:
    revisions.regrade(service.store, submission_for(service.store, identifier, user).id, user.id)
    service.dispatcher.wake()
    return to(identifier)


@router.post("/submissions/{identifier}/items/{item}")
def grade_item(
    identifier: Identifier,
    item: str,
    points: Annotated[float, Form(ge=0)],
    service: ServiceIn,
    user: StaffIn,
    comment: Annotated[str, Form(max_length=MAX_COMMENT)] = "",
) -> Response:
    row = submission_for(service.store, identifier, user)
    latest(service.store, row.id)
    revisions.grade_by_hand(service.store, row.id, item, Grade(points, storable(comment)), user.id, time.time())
    return to(identifier)


def to(identifier: str) -> Response:
    return RedirectResponse(f"/submissions/{identifier}", 303)
