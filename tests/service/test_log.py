"""Operators read the log; what students write is not in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from grader.errors import GraderFault, InfrastructureFault
from grader.service.log import Lines
from grader.service.store import Store, writing
from tests.sandbox.wall import wait_until
from tests.service.test_api import UPLOADS, notebook, serving
from tests.service.test_dispatch import Engine

WORDS = "a student's words"


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """A log is the same beside every database."""
    return ""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that this process logs."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def test_events_are_lines_of_json_without_a_students_words(
    store: Store, tokens: dict[str, str], log: io.StringIO
) -> None:
    headers = {"Authorization": f"Bearer {tokens['ada']}"}
    engine = Engine(GraderFault(WORDS), InfrastructureFault(WORDS), ValueError(WORDS), None)
    with serving(store, engine.opened) as http:

        def hand_in(data: bytes) -> int:
            return http.post(UPLOADS, files={"notebook": (f"{WORDS}.ipynb", data)}, headers=headers).status_code

        assert [hand_in(notebook(f"'{WORDS}', {number}")) for number in range(2)] == [202] * 2
        assert wait_until(lambda: "a grading has ended" in log.getvalue(), 30)
        assert wait_until(lambda: log.getvalue().count('"outcome"') >= 4, 30)
        assert hand_in(f'{{"{WORDS}'.encode()) == 422
        with writing(store) as session:
            session.execute(text("DROP TABLE keys"))
            session.execute(text("ALTER TABLE submissions RENAME TO gone"))
        assert hand_in(notebook(f"'{WORDS}', 3")) == 503
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert WORDS not in log.getvalue()
    assert {"InfrastructureFault", "GraderFault", "ValueError"} <= {line.get("error") for line in lines}
    assert {line.get("outcome") for line in lines} >= {"graded", "infrastructure", "grader"}
    failed = next(line for line in lines if line["event"] == "the store failed")
    assert failed["error"] == "OperationalError from OperationalError"
