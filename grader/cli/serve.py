"""`grader serve`, `grader users` and `grader retry`: the service of one machine, who may use it, and what failed."""

import csv
import io
import resource
import signal
from contextlib import suppress
from pathlib import Path

import uvicorn

from grader.cli.options import EngineName, engine_of
from grader.errors import BadRoster, GraderFault
from grader.reports.files import clear_drafts
from grader.service.app import make_app
from grader.service.connection import PunctualProtocol
from grader.service.log import to_stderr
from grader.service.revisions import retry
from grader.service.self_test import SelfTests
from grader.service.store import alone, look_over, open_store
from grader.service.users import deserted, import_roster, replace_token
from grader.settings import Settings

LAST_TO_END = "-500"
GRACE_SECONDS = 10
"""How long requests that are under way may take when the service is to end."""


def serve(settings: Settings, data: Path, host: str, port: int, engine: EngineName, at_once: int) -> None:
    """Serve until a signal ends it. Raises GraderFault without a wall, and what `engine_of` raises."""
    if settings.sandbox == "none":
        raise GraderFault("A service without a sandbox would let any student read all the others' work.")
    to_stderr()
    stand()
    with alone(data), engine_of(engine, at_once) as opened:
        store = open_store(data, settings.database.get_secret_value())
        look_over(store)
        clear_drafts(store.contents)
        app = make_app(store, settings, at_once, opened, SelfTests(settings, data))
        # uvicorn ends well, and then raises once more what ended it: to be told to end is no failure
        signal.signal(signal.SIGTERM, lambda *_: None)
        try:
            uvicorn.run(
                app,
                host=host,
                port=port,
                http=PunctualProtocol,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        finally:
            # an impatient second Ctrl-C leaves this out; and while gradings run, nobody else may have the folder
            app.state.service.dispatcher.stop()


def stand() -> None:
    """As many connections as the system allows; and where its memory runs out, others end first."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with suppress(PermissionError):
        Path("/proc/self/oom_score_adj").write_text(LAST_TO_END)


def add_users(settings: Settings, data: Path, roster: Path) -> tuple[str, list[str]]:
    """Read a roster; returns the new tokens as CSV, once, and teams whose work is nobody's any more. Raises BadRoster."""
    try:
        text = roster.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRoster(f"{roster} cannot be read: {error}.") from error
    store = open_store(data, settings.database.get_secret_value())
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["email", "token"])
    writer.writerows(import_roster(store, text))
    without = deserted(store)
    store.engine.dispose()
    return lines.getvalue(), without


def new_token_of(settings: Settings, data: Path, email: str) -> str:
    """A new token, in place of the one that somebody has, which lets nobody in any more. Raises BadRoster."""
    store = open_store(data, settings.database.get_secret_value())
    token = replace_token(store, email)
    store.engine.dispose()
    return token


def try_again(settings: Settings, data: Path, assignment: str) -> int:
    """Queue again what waits for staff, of one assignment or, with "", of all; returns how many."""
    store = open_store(data, settings.database.get_secret_value())
    number = retry(store, assignment)
    store.engine.dispose()
    return number
