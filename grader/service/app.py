"""The service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select

from grader import __version__
from grader.engines.local import open_local
from grader.service.api import router
from grader.service.board import Board
from grader.service.dispatch import Dispatcher, OpenEngine
from grader.service.guard import Guard
from grader.service.metrics import new_metrics
from grader.service.problems import explain, unavailable
from grader.service.request import Service, ServiceIn
from grader.service.store import Store, reading
from grader.service.tables import SubmissionRow
from grader.settings import Settings

operations = APIRouter(include_in_schema=False)


def make_app(store: Store, settings: Settings, at_once: int, open_engine: OpenEngine | None = None) -> FastAPI:
    """The service over a store. It grades while the app's lifespan lasts, and hands back at its end what still runs."""
    board, metrics = Board(), new_metrics()
    dispatcher = Dispatcher(store, settings, board, metrics, open_engine or partial(open_local, at_once), at_once)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        dispatcher.start()
        yield
        await run_sync(dispatcher.stop)

    app = FastAPI(title="Deep learning grader", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service = Service(store, settings, board, metrics, dispatcher)
    app.include_router(router)
    app.include_router(operations)
    app.add_middleware(Guard, store=store)
    explain(app)
    return app


@operations.get("/healthz")
async def healthz() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@operations.get("/readyz")
def readyz(service: ServiceIn) -> Response:
    """Uploads can be kept, and gradings are handed out."""
    with reading(service.store) as session:
        session.execute(select(SubmissionRow.id).limit(1))
    if not service.dispatcher.thread.is_alive():
        return unavailable("Nothing is handed out any more.")
    return PlainTextResponse("ready\n")


@operations.get("/metrics")
def metrics(service: ServiceIn) -> Response:
    """For Prometheus."""
    with reading(service.store) as session:
        counted = select(SubmissionRow.state, func.count()).group_by(SubmissionRow.state)
        found = {str(state): int(number) for state, number in session.execute(counted)}
    service.metrics.queued.set(found.get("queued", 0))
    service.metrics.running.set(found.get("running", 0))
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
