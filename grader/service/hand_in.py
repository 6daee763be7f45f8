"""A form with a notebook, as it comes in: from a program or from a page."""

from anyio.to_thread import run_sync
from fastapi import Request
from sqlalchemy import select
from starlette.datastructures import UploadFile

from grader.errors import Refused
from grader.notebooks.read import read
from grader.records.rubric import Policy
from grader.service.access import rubric_of
from grader.service.request import Service
from grader.service.store import reading
from grader.service.submissions import Upload, accept
from grader.service.tables import SubmissionRow, UserRow
from grader.service.users import User
from grader.text import one_line

MAX_NAME = 200


async def hand_in(
    request: Request, service: Service, user: User, assignment: str, key: str | None = None
) -> tuple[SubmissionRow, bool]:
    """Keep what the form holds for good; the submission, and whether it is a new one.

    Raises Refused, BadNotebook, and StorageError.
    """
    rubric = await run_sync(rubric_of, service.settings.root, assignment)
    with service.rates.upload(user.id):
        async with request.form(max_files=1, max_fields=4, max_part_size=4096) as form:
            file, team = form.get("notebook"), form.get("team")
            if not isinstance(file, UploadFile) or not file.filename:
                raise Refused("Send the notebook's file in the form's field `notebook`.", status=422)
            # the form is on the disk: only so many notebooks are in memory at a time
            async with service.looking:
                upload = Upload(
                    assignment,
                    team if isinstance(team, str) and team else user.team,
                    one_line(file.filename)[:MAX_NAME],
                    await file.read(),
                    request.state.received,
                    key,
                )
                row, new = await run_sync(take_in, service, upload, user, rubric.policy)
    service.metrics.uploads.labels("new" if new else "known").inc()
    if new:
        service.dispatcher.wake()
    return row, new


def take_in(service: Service, upload: Upload, user: User, policy: Policy) -> tuple[SubmissionRow, bool]:
    if upload.team != user.team:
        if not user.staff:
            raise Refused("You can hand in for your own team only.")
        with reading(service.store) as session:
            if session.scalar(select(UserRow.id).where(UserRow.team == upload.team).limit(1)) is None:
                raise Refused("There is no such team.", status=422)
    read(upload.data)
    return accept(service.store, upload, user, policy)
