"""What operators ask: whether it lives, whether it can be used, and how it does."""

import tempfile

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select

from grader.rubrics import identifiers
from grader.service.owner import owning
from grader.service.problems import LATER, Trouble, answer
from grader.service.request import ServiceIn
from grader.service.store import reading
from grader.service.tables import SubmissionRow

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(service: ServiceIn) -> Response:
    """Uploads can be kept, and gradings are handed out: found out by writing, and by taking part in the queue."""
    if not service.dispatcher.thread.is_alive():
        return answer("/readyz", Trouble(503, "Nothing is handed out any more.", LATER))
    with owning(service.dispatcher.store) as session:
        session.execute(select(SubmissionRow.id).limit(1))
    with tempfile.TemporaryFile(dir=service.store.contents) as file:
        file.write(b"ready")
    return PlainTextResponse("ready\n")


@router.get("/metrics")
def metrics(service: ServiceIn) -> Response:
    """For Prometheus."""
    with reading(service.store) as session:
        counted = select(SubmissionRow.state, func.count()).group_by(SubmissionRow.state)
        found = {str(state): int(number) for state, number in session.execute(counted)}
    service.metrics.queued.set(found.get("queued", 0))
    service.metrics.running.set(found.get("running", 0))
    service.metrics.failed.set(found.get("failed", 0))
    refused = [name for name in identifiers(service.settings.root) if service.dispatcher.refusal(name)]
    service.metrics.refused.set(len(refused))
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
