"""The service, put together."""

from asyncio import Semaphore
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from grader import __version__
from grader.service import api, operations, pages
from grader.service.board import Board
from grader.service.dispatch import Dispatcher, OpenEngine
from grader.service.guard import Guard
from grader.service.metrics import new_metrics
from grader.service.problems import explain
from grader.service.rates import Rates
from grader.service.request import Service
from grader.service.self_test import SelfTests
from grader.service.store import Store
from grader.settings import Settings

LOOKING = 4
"""Uploads in memory at a time: a notebook of 20 MB takes ten times as much while it is parsed."""


def make_app(
    store: Store, settings: Settings, at_once: int, open_engine: OpenEngine, self_tests: SelfTests | None = None
) -> FastAPI:
    """The service over a store. It grades while the app's lifespan lasts, and hands back at its end what still runs.

    With `self_tests`, only assignments that passed theirs.
    """
    board, metrics, rates = Board(), new_metrics(), Rates()
    dispatcher = Dispatcher(store, settings, board, metrics, open_engine, at_once, self_tests)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_sync(dispatcher.start)
        yield
        await run_sync(dispatcher.stop)

    app = FastAPI(title="Deep learning grader", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service = Service(store, settings, board, metrics, dispatcher, rates, Semaphore(LOOKING))
    for router in (api.router, pages.router, operations.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(packages=[("grader.service", "static")]))
    app.add_middleware(Guard, store=store, rates=rates)
    explain(app)
    return app
