"""The service as it is used: over HTTP, with real gradings behind it."""

import csv
import io
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from grader.engines.local import open_local
from grader.records.report import Report
from grader.service.app import make_app
from grader.service.connection import PunctualProtocol
from grader.service.dispatch import OpenEngine
from grader.service.self_test import SelfTests
from grader.service.store import Store, open_store
from grader.service.users import import_roster
from grader.settings import Settings
from tests.sandbox.wall import wait_until
from tests.service.conftest import ROSTER

UPLOADS = "/api/v1/assignments/deep-learning-1/submissions"


def notebook(*sources: str) -> bytes:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


class Client:
    """Somebody's requests."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self.http, self.headers = http, {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=self.headers)

    def hand_in(self, data: bytes, team: str | None = None, **headers: str) -> httpx.Response:
        form = {"team": team} if team else {}
        files = {"notebook": ("work.ipynb", data, "application/json")}
        return self.http.post(UPLOADS, files=files, data=form, headers=self.headers | headers)

    def graded(self, data: bytes) -> str:
        """Hand in and wait; the submission's id."""
        accepted = self.hand_in(data).json()
        found = self.get(f"{accepted['url']}?wait=60").json()
        assert found["status"] == "graded", found
        return str(found["id"])


@contextmanager
def serving(
    store: Store,
    engine: OpenEngine = open_local,
    root: Path | None = None,
    self_tests: SelfTests | None = None,
) -> Iterator[httpx.Client]:
    """A client of a service that runs as it does for everybody."""
    settings = Settings(root=root) if root else Settings()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(make_app(store, settings, 2, engine, self_tests), http=PunctualProtocol, log_config=None)
        )
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert wait_until(lambda: server.started)
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=120) as http:
                yield http
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """Clients of one service, by name; "nobody" has a token that is nobody's."""
    folder = tmp_path_factory.mktemp("service")
    store = open_store(folder)
    tokens = {email.partition("@")[0]: token for email, token in import_roster(store, ROSTER)} | {"nobody": "x"}
    with serving(store) as http:
        yield {name: Client(http, token) for name, token in tokens.items()}
    store.engine.dispose()


@pytest.fixture(scope="module")
def graded(served: dict[str, Client]) -> str:
    """A submission of team t1 with a report."""
    return served["ada"].graded(notebook("x = 1"))


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return str(found["detail"])


def test_an_upload_is_graded(served: dict[str, Client], graded: str) -> None:
    answer = served["alan"].get(f"/api/v1/submissions/{graded}/report")
    report = Report.model_validate_json(answer.content)
    assert report.status == "graded"
    assert report.auto_max > report.auto_score
    page = served["ada"].get(f"/api/v1/submissions/{graded}/report.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "x = 1" in page.text


def test_the_same_upload_is_the_same_submission(served: dict[str, Client], graded: str) -> None:
    answer = served["alan"].hand_in(notebook("x = 1"))
    assert answer.status_code == 200
    assert answer.json() == {"id": graded, "status": "graded", "url": f"/api/v1/submissions/{graded}"}


def test_events_tell_of_cells_items_and_the_end(served: dict[str, Client]) -> None:
    accepted = served["ada"].hand_in(notebook("x = 2", "import time\ntime.sleep(0.5)")).json()
    lines = served["ada"].get(f"{accepted['url']}/events").text.splitlines()
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert events[-1] == "state"
    assert data[-1] == {"status": "graded"}
    assert {"cell": 1, "position": 2, "cells": 2} in data
    assert "q2.linear" in [one["id"] for one in data if "id" in one]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"{", "JSON"),
        (b"[]", "notebook"),
        (b"x" * 100, "JSON"),
        (notebook("# nothing\n").replace(b"code", b"raw"), ""),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_sentence(served: dict[str, Client], data: bytes, said: str) -> None:
    assert said in problem(served["ada"].hand_in(data), 422)


def test_a_form_without_a_notebook_is_refused(served: dict[str, Client]) -> None:
    client = served["ada"]
    assert "`notebook`" in problem(client.http.post(UPLOADS, data={"notebook": "text"}, headers=client.headers), 422)
    assert "`notebook`" in problem(client.http.post(UPLOADS, headers=client.headers), 422)


def test_an_assignment_that_does_not_exist_is_named(served: dict[str, Client]) -> None:
    client = served["ada"]
    answer = client.http.post(UPLOADS.replace("-1/", "-9/"), files={"notebook": b"x"}, headers=client.headers)
    assert "deep-learning-9" in problem(answer, 404)


def test_a_key_stands_for_one_upload(served: dict[str, Client]) -> None:
    first = served["grace"].hand_in(notebook("k = 1"), **{"Idempotency-Key": "k"})
    again = served["grace"].hand_in(notebook("k = 1"), **{"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (202, 200)
    problem(served["grace"].hand_in(notebook("k = 2"), **{"Idempotency-Key": "k"}), 422)


# who may do what: the status that each of them gets
STUDENT, PARTNER, STRANGER, STAFF, ADMIN, NOBODY = "ada", "alan", "grace", "emmy", "root", "nobody"
TABLE = [
    ("GET", "", {STUDENT: 200, PARTNER: 200, STRANGER: 404, STAFF: 200, ADMIN: 200, NOBODY: 401}),
    ("GET", "/report", {STUDENT: 200, PARTNER: 200, STRANGER: 404, STAFF: 200, ADMIN: 200, NOBODY: 401}),
    ("GET", "/report.html", {STUDENT: 200, PARTNER: 200, STRANGER: 404, STAFF: 200, ADMIN: 200, NOBODY: 401}),
    ("GET", "/events", {STUDENT: 200, PARTNER: 200, STRANGER: 404, STAFF: 200, ADMIN: 200, NOBODY: 401}),
    (
        "PUT",
        "/items/format.code_quality",
        {STUDENT: 403, PARTNER: 403, STRANGER: 403, STAFF: 200, ADMIN: 200, NOBODY: 401},
    ),
    ("POST", "/regrade", {STUDENT: 403, PARTNER: 403, STRANGER: 403, NOBODY: 401, STAFF: 202}),
]
CELLS = [(method, path, who, status) for method, path, row in TABLE for who, status in row.items()]


@pytest.mark.parametrize(("method", "path", "who", "status"), CELLS)
def test_everybody_may_do_what_is_theirs_to_do(
    served: dict[str, Client], graded: str, method: str, path: str, who: str, status: int
) -> None:
    body = {"points": 1.0} if method == "PUT" else None
    client = served[who]
    answer = client.http.request(method, f"/api/v1/submissions/{graded}{path}", json=body, headers=client.headers)
    assert answer.status_code == status, answer.text


def test_nobody_hands_in_for_another_team_but_staff(served: dict[str, Client]) -> None:
    problem(served["grace"].hand_in(notebook("t = 1"), team="t1"), 403)
    assert served["emmy"].hand_in(notebook("t = 1"), team="t1").status_code == 202
    assert "no such team" in problem(served["emmy"].hand_in(notebook("t = 1"), team="t9"), 422)
    problem(served["nobody"].hand_in(notebook("t = 1")), 401)


def test_a_persons_grade_is_part_of_the_report(served: dict[str, Client]) -> None:
    identifier = served["ada"].graded(notebook("g = 1"))
    path = f"/api/v1/submissions/{identifier}"
    client = served["emmy"]
    body = {"points": 2.5, "comment": "clear names"}
    answer = client.http.put(f"{path}/items/format.code_quality", json=body, headers=client.headers)
    assert answer.status_code == 200
    report = Report.model_validate_json(served["ada"].get(f"{path}/report").content)
    item = next(item for item in report.items if item.id == "format.code_quality")
    assert (item.points, item.comment) == (2.5, "clear names")
    problem(client.http.put(f"{path}/items/nothing", json=body, headers=client.headers), 404)
    problem(client.http.put(f"{path}/items/format.code_quality", json={"points": 99}, headers=client.headers), 422)


def test_students_see_no_flags_and_no_hidden_check(served: dict[str, Client]) -> None:
    identifier = served["grace"].graded(notebook("import torch\ntorch.Tensor.__eq__ = lambda *a: True"))
    path = f"/api/v1/submissions/{identifier}/report"
    assert served["emmy"].get(path).json()["flags"]
    assert served["grace"].get(path).json()["flags"] == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_operators_need_no_token(served: dict[str, Client], path: str) -> None:
    assert served["ada"].http.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/api", "/api/v1/submissions/0", "/api/v1/submissions/" + "0" * 20, "/docs"])
def test_what_is_not_there_is_not_there(served: dict[str, Client], path: str) -> None:
    assert problem(served["nobody"].get(path), 401)
    assert served["ada"].get(path).status_code in (404, 422)


def test_staff_get_everybodys_points_in_one_table(served: dict[str, Client], graded: str) -> None:
    path = "/api/v1/assignments/deep-learning-1/gradebook.csv"
    problem(served["ada"].get(path), 403)
    problem(served["emmy"].get(path.replace("-1", "-9")), 404)
    answer = served["emmy"].get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    people = {row["email"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert sorted(people) == ["ada@example.org", "alan@example.org", "grace@example.org"]
    assert people["ada@example.org"]["submission"] == people["alan@example.org"]["submission"] != ""
    assert people["ada@example.org"]["q2.linear"] == "0"
    assert people["ada@example.org"]["name"] == "Lovelace, Ada"


def test_other_systems_get_the_points_in_their_own_way(served: dict[str, Client], graded: str) -> None:
    path = "/api/v1/assignments/deep-learning-1/gradebook.csv?format="
    moodle = list(csv.DictReader(io.StringIO(served["emmy"].get(f"{path}moodle").text)))
    assert {row["Email address"] for row in moodle} >= {"ada@example.org", "alan@example.org"}
    assert "Checks that are not shown" not in moodle[0]["Deep Learning: Assignment #1 (feedback)"]
    canvas = list(csv.DictReader(io.StringIO(served["emmy"].get(f"{path}canvas").text)))
    assert canvas[0]["Student"].strip() == "Points Possible"
    assert {row["SIS Login ID"] for row in canvas[1:]} >= {"ada@example.org", "alan@example.org"}
    problem(served["emmy"].get(f"{path}excel"), 422)
    problem(served["ada"].get(f"{path}moodle"), 403)
