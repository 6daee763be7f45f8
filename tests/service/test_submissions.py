"""Uploads are kept once and in order, reports are added and never changed, on both databases."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from grader.errors import InfrastructureFault, Refused, StorageError
from grader.grading.failure import failed_report
from grader.records.execution import CellRun, Environment, Execution
from grader.records.grading import Grading
from grader.records.notebook import Cell, Notebook, Output
from grader.records.report import ItemReport, Report
from grader.records.rubric import Policy
from grader.reports.revised import Grade
from grader.service import revisions
from grader.service.contents import content, path_of
from grader.service.gradebook import entries
from grader.service.store import Store
from grader.service.submissions import Upload, accept, find, give_back, position, take
from grader.service.users import User

FREELY = Policy()


def upload(data: bytes = b"one", team: str = "t1", at: float = 1000.0, key: str | None = None) -> Upload:
    return Upload("deep-learning-1", team, "work.ipynb", data, at, key)


TAKEN = int(os.environ.get("TAKEN", "40"))
"""How many submissions the workers compete for: threats.md wants a thousand."""


def grading(points: float = 4.0) -> Grading:
    environment = Environment(python="3.11", torch="2.13", device="cpu")
    ran = (CellRun(0, "ok", 0.1, None, (Output("stream", text="nan"),)),)
    execution = Execution("ok", "full", False, environment, 0.1, ran)
    return Grading(report(points), Notebook("0" * 64, (Cell(0, "code", "x"),)), execution)


def report(points: float) -> Report:
    """One automatic item of ten points and a manual one of five."""
    bare = failed_report("deep-learning-1", (), "0" * 64, "work.ipynb", InfrastructureFault(""), "none")
    items = (
        ItemReport(id="a", title="A", points=points, max_points=10, status="partial", blame="student", checks=()),
        ItemReport(id="m", title="M", points=None, max_points=5, status="manual", blame=None, checks=()),
    )
    changes = {"status": "graded", "score": points, "auto_score": points, "auto_max": 10.0, "max_score": 15.0}
    return bare.model_copy(update=changes | {"items": items, "pending_manual": 5.0})


def taken(store: Store) -> list[str]:
    found = []
    while row := take(store):
        found.append(row.id)
    return found


def test_an_upload_is_kept_and_waits(store: Store, people: dict[str, User]) -> None:
    row, new = accept(store, upload(b"bytes"), people["ada"], FREELY)
    assert new
    assert (row.state, row.attempt, row.filename) == ("queued", 1, "work.ipynb")
    assert content(store.contents, row.sha256) == b"bytes"
    assert position(store, row) == 1


def test_the_same_upload_of_a_team_is_the_same_submission(store: Store, people: dict[str, User]) -> None:
    first, _ = accept(store, upload(), people["ada"], FREELY)
    second, new = accept(store, upload(at=2000.0), people["alan"], FREELY)
    assert not new
    assert (second.id, second.received_at) == (first.id, 1000.0)
    other, new = accept(store, upload(team="grace@example.org"), people["grace"], FREELY)
    assert new
    assert other.id != first.id


def test_uploads_at_once_are_all_kept_once(store: Store, people: dict[str, User]) -> None:
    def one(number: int) -> tuple[str, int]:
        row, _ = accept(store, upload(b"%d" % (number % 20)), people["ada"], FREELY)
        return row.id, row.attempt

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(one, range(60)))
    assert sorted(attempt for _, attempt in found) == list(range(1, 21))
    assert len({identifier for identifier, _ in found}) == 20


def test_a_key_stands_for_one_upload(store: Store, people: dict[str, User]) -> None:
    first, _ = accept(store, upload(key="k"), people["ada"], FREELY)
    assert accept(store, upload(key="k"), people["ada"], FREELY)[0].id == first.id
    with pytest.raises(Refused, match="another upload"):
        accept(store, upload(b"two", key="k"), people["ada"], FREELY)
    assert accept(store, upload(b"two", key="k"), people["alan"], FREELY)[1]


def test_what_is_refused_is_not_kept(store: Store, people: dict[str, User]) -> None:
    once = Policy(attempts=1)
    row, _ = accept(store, upload(), people["ada"], once)
    with pytest.raises(Refused, match="attempts are used"):
        accept(store, upload(b"two"), people["ada"], once)
    assert [path.name for path in store.contents.rglob("*") if path.is_file()] == [row.sha256]


def test_a_failure_of_the_machine_costs_no_attempt(store: Store, people: dict[str, User]) -> None:
    once = Policy(attempts=1)
    row, _ = accept(store, upload(), people["ada"], once)
    take(store)
    revisions.failed(store, row.id, "no kernel", again=False)
    assert accept(store, upload(b"two"), people["ada"], once)[0].attempt == 2


def test_first_attempts_go_before_later_ones_and_reports_before_regrades(store: Store, people: dict[str, User]) -> None:
    def hand_in(data: bytes, team: str, at: float) -> str:
        return accept(store, upload(data, team, at), people["ada"], FREELY)[0].id

    graded = hand_in(b"0", "t0", 1.0)
    take(store)
    revisions.graded(store, graded, grading(), 2.0)
    revisions.regrade(store, graded, people["emmy"].id)
    many = [hand_in(b"%d" % number, "t1", 3.0 + number) for number in range(3)]
    late = hand_in(b"x", "t2", 9.0)
    assert taken(store) == [many[0], late, many[1], many[2], graded]


def test_one_submission_is_taken_once(store: Store, people: dict[str, User]) -> None:
    ids = [accept(store, upload(b"%d" % n, f"t{n}"), people["ada"], FREELY)[0].id for n in range(TAKEN)]
    ready = threading.Barrier(4)

    def worker(_: int) -> Sequence[str]:
        ready.wait(10)
        return taken(store)

    with ThreadPoolExecutor(4) as pool:
        found = [identifier for some in pool.map(worker, range(4)) for identifier in some]
    assert sorted(found) == sorted(ids)


def test_what_ran_when_the_service_died_waits_again(store: Store, people: dict[str, User]) -> None:
    row, _ = accept(store, upload(), people["ada"], FREELY)
    assert taken(store) == [row.id]
    assert give_back(store) == 1
    assert taken(store) == [row.id]


def test_a_machine_that_fails_three_times_is_a_matter_for_people(store: Store, people: dict[str, User]) -> None:
    row, _ = accept(store, upload(), people["ada"], FREELY)
    for _ in range(2):
        take(store)
        revisions.failed(store, row.id, "no kernel", again=True)
        assert (found := find(store, row.id)) is not None
        assert found.state == "queued"
    take(store)
    revisions.failed(store, row.id, "no kernel", again=True)
    assert (found := find(store, row.id)) is not None
    assert (found.state, found.reason) == ("failed", "no kernel")


def test_a_persons_grade_wins_over_later_automatic_ones(store: Store, people: dict[str, User]) -> None:
    row, _ = accept(store, upload(), people["ada"], FREELY)
    take(store)
    revisions.graded(store, row.id, grading(4.0), 1.0)
    revisions.grade_by_hand(store, row.id, "a", Grade(9.0, "it is right"), people["emmy"].id, 2.0)
    revisions.grade_by_hand(store, row.id, "m", Grade(2.0), people["emmy"].id, 3.0)
    revisions.regrade(store, row.id, people["emmy"].id)
    take(store)
    revisions.graded(store, row.id, grading(5.0), 4.0)
    found, last = revisions.current(store, row.id) or (None, None)
    assert found is not None
    assert [item.points for item in found.items] == [9.0, 2.0]
    assert (found.score, found.auto_score, found.pending_manual) == (11.0, 9.0, 0)
    assert found.items[0].comment == "it is right"
    all_of_them = revisions.revisions(store, row.id)
    assert [one.kind for one in all_of_them] == ["automatic", "manual", "manual", "regrade"]
    assert [one.user_id for one in all_of_them] == [None, *[people["emmy"].id] * 3]
    assert last is not None
    assert last.number == 4


@pytest.mark.parametrize(("item", "points", "status"), [("z", 1.0, 404), ("a", 10.5, 422), ("a", -1.0, 422)])
def test_a_grade_that_cannot_be_is_refused(
    store: Store, people: dict[str, User], item: str, points: float, status: int
) -> None:
    row, _ = accept(store, upload(), people["ada"], FREELY)
    take(store)
    revisions.graded(store, row.id, grading(), 1.0)
    with pytest.raises(Refused) as refused:
        revisions.grade_by_hand(store, row.id, item, Grade(points), people["emmy"].id, 2.0)
    assert refused.value.status == status
    assert len(revisions.revisions(store, row.id)) == 1


def test_a_damaged_report_is_not_shown(store: Store, people: dict[str, User]) -> None:
    row, _ = accept(store, upload(), people["ada"], FREELY)
    take(store)
    revisions.graded(store, row.id, grading(), 1.0)
    place = path_of(store.contents, revisions.revisions(store, row.id)[0].report_sha256)
    place.write_bytes(place.read_bytes().replace(b"4.0", b"9.0"))
    with pytest.raises(StorageError, match="damaged"):
        revisions.current(store, row.id)


def test_a_regrade_waits_for_the_grading_before_it(store: Store, people: dict[str, User]) -> None:
    row, _ = accept(store, upload(), people["ada"], FREELY)
    with pytest.raises(Refused, match="waiting"):
        revisions.regrade(store, row.id, people["emmy"].id)


def test_times_are_those_of_the_policys_zone() -> None:
    summer = Policy(timezone="Asia/Jerusalem", due=datetime(2026, 7, 1, 12, 0))
    winter = Policy(timezone="Asia/Jerusalem", due=datetime(2026, 12, 1, 12, 0))
    assert summer.due is not None
    assert winter.due is not None
    assert summer.seconds(summer.due) == 1782896400
    assert winter.seconds(winter.due) == 1796119200


def test_the_gradebook_says_that_a_newer_attempt_has_no_report_yet(store: Store, people: dict[str, User]) -> None:
    """Else nobody would see that another one is to count."""
    first, _ = accept(store, upload(), people["ada"], FREELY)
    take(store)
    revisions.graded(store, first.id, grading(), 1.0)
    newer, _ = accept(store, upload(b"two"), people["ada"], FREELY)
    revisions.failed(store, newer.id, "no kernel", again=False)
    found = {one.email: one for one in entries(store, "deep-learning-1", FREELY, people["emmy"])}
    ada = found["ada@example.org"]
    assert (ada.submission, ada.attempt, ada.status) == (first.id, 1, "graded, attempt 2 is failed")
