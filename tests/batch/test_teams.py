"""Two who worked together have one grade, and nobody gets another's by a claim."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grader import __version__
from grader.batch.authors import authors, authors_of
from grader.batch.handed import HandedIn
from grader.batch.intake import intake
from grader.batch.keep import Version
from grader.batch.result import Result
from grader.batch.run import Task, run
from grader.batch.teams import in_teams, same_name
from grader.notebooks.read import read
from grader.records.report import Report
from grader.roster import Entry, entries
from grader.rubrics import load_rubric
from grader.settings import Settings
from tests.batch.sources import dated, saved, zipped
from tests.service.test_dispatch import Engine

HERE = Settings()
RUBRIC, SHA256 = load_rubric(HERE.root, "deep-learning-1")
STARTER = (HERE.root / "rubrics" / "deep-learning-1" / "starter.ipynb").read_text(encoding="utf-8")
TASK = Task(RUBRIC, Version(RUBRIC.id, SHA256, "", "full"), HERE, 2)
ADA, BOB, EVE, YOSSI = (
    "Ada Lovelace, 012345678",
    "Bob Levi, 987654321",
    "Eve Cohen, 111111118",
    "Ada Lovelace, 222222226",
)
ROSTER = """email,name,id,role,team
ada@x,Ada Lovelace,12345678,student,7
bob@x,"Levi, Bob",,student,7
eve@x,Eve Cohen,,student,8
staff@x,Yossi Cohen,,staff,7
"""


def named(*people: str, code: str = "x = 1", starter: str = STARTER) -> bytes:
    """The starter as a student fills it in."""
    document = json.loads(starter)
    top = next(cell for cell in document["cells"] if "Student 1" in "".join(cell["source"]))
    lines = "".join(top["source"])
    for number, person in enumerate(people, start=1):
        lines = lines.replace(f"Student {number} (Name, ID)", person)
    top["source"] = lines
    document["cells"] += [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": code}]
    return json.dumps(document).encode()


def handed_in(tmp_path: Path, files: Sequence[tuple[str, bytes]]) -> list[HandedIn]:
    """From a zip, each file a day newer than the one before."""
    days = [(dated(name, day), data) for day, (name, data) in enumerate(files, start=1)]
    return intake(saved(tmp_path / "all.zip", zipped(days)))


def teams(handed: Sequence[HandedIn], roster: Sequence[Entry] = ()) -> dict[str, HandedIn]:
    found = in_teams(handed, authors_of(handed, RUBRIC, HERE.root), roster)
    assert [one.key for one in found] == [one.key for one in handed]
    return {one.name: one for one in found}


def content(one: HandedIn) -> bytes:
    assert one.read is not None
    return one.read()


def test_the_newest_notebook_of_two_who_name_each_other_is_graded_for_both(tmp_path: Path) -> None:
    new = named(ADA, BOB, code="new = 1")
    found = teams(handed_in(tmp_path, [("Ada Lovelace.ipynb", named(BOB, ADA)), ("Bob Levi/hw.ipynb", new)]))
    ada, bob = found["Ada Lovelace"], found["Bob Levi"]
    assert content(ada) == content(bob) == new
    assert (ada.sha256, ada.filename) == (bob.sha256, "hw.ipynb")
    assert (
        ada.remark == "Partner of Bob Levi: graded is their notebook hw.ipynb, the newest, handed in 2026-01-02 12:00."
    )
    assert bob.remark == "Partner of Ada Lovelace: this notebook, the newest, is graded for all."
    assert ada.team == bob.team == "012345678 + 987654321"
    assert (ada.key, ada.place) == ("Ada_Lovelace", "Ada Lovelace.ipynb")


def test_where_times_do_not_say_the_first_by_name_is_graded(tmp_path: Path) -> None:
    first, second = named(ADA, BOB), named(ADA, BOB, code="y = 2")
    files = [(dated("Bob Levi.ipynb", 1), second), (dated("Ada Lovelace.ipynb", 1), first)]
    found = teams(intake(saved(tmp_path / "all.zip", zipped(files))))
    assert content(found["Bob Levi"]) == content(found["Ada Lovelace"]) == first
    assert found["Bob Levi"].remark.endswith("Ada Lovelace.ipynb, the first by name.")


@pytest.mark.parametrize("place", ["nbgrader", "moodle", "gradescope"])
def test_who_handed_in_is_known_by_id_and_by_name(tmp_path: Path, place: str) -> None:
    places = {
        "nbgrader": ["12345678/hw/w.ipynb", "987654321/hw/w.ipynb", "12345678/hw/timestamp.txt"],
        "moodle": ["Lovelace Ada_17_assignsubmission_file/w.ipynb", "bob levi_18_assignsubmission_file/w.ipynb"],
        "gradescope": ["s1/w.ipynb", "s2/w.ipynb", "submission_metadata.yml"],
    }[place]
    metadata = b"s1:\n  :submitters:\n  - :sid: '12345678'\ns2:\n  :submitters:\n  - :sid: '987654321'\n"
    data = [named(ADA, BOB), named(ADA, BOB, code="y = 2"), metadata]
    found = teams(handed_in(tmp_path, list(zip(places, data, strict=False))))
    assert len(found) == 2
    assert len({one.sha256 for one in found.values()}) == 1
    assert {one.team for one in found.values()} == {"012345678 + 987654321"}


def test_partners_with_the_same_notebook_are_a_team_without_a_remark(tmp_path: Path) -> None:
    found = teams(handed_in(tmp_path, [(f"{name}.ipynb", named(ADA, BOB)) for name in ("Ada Lovelace", "Bob Levi")]))
    assert {(one.team, one.remark) for one in found.values()} == {("012345678 + 987654321", "")}


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ((ADA, BOB), "named here"),
        ((ADA, EVE), "named here"),
        (("Eve Cohen, 012345678", "Bob Levi, 987654321"), "the same two IDs"),
        (("Somebody Else, 012345678", "No One, 987654321"), "named here"),
    ],
)
def test_a_claim_that_is_not_mutual_is_remarked_on_and_changes_no_grade(
    tmp_path: Path, claim: tuple[str, ...], why: str
) -> None:
    files = [
        ("012345678 Ada Lovelace.ipynb", named(ADA, BOB)),
        ("Bob Levi.ipynb", named(ADA, BOB, code="new = 1")),
        ("Eve Cohen.ipynb", named(*claim, code="evil = 1")),
    ]
    handed = handed_in(tmp_path, files)
    honest, found = teams(handed[:2]), teams(handed)
    for name, one in honest.items():
        assert (found[name].sha256, found[name].team) == (one.sha256, one.team)
    eve = found["Eve Cohen"]
    assert eve.sha256 == handed[2].sha256
    assert eve.team == ""
    assert f"012345678 Ada Lovelace ({why})" in eve.remark
    assert "Not taken for partners: Eve Cohen (" in found["012345678 Ada Lovelace"].remark


@pytest.mark.parametrize("claim", [(YOSSI, BOB), (ADA, BOB), ("Bob Levi, 012345678", "Ada Lovelace, 987654321")])
def test_who_has_the_name_of_another_is_not_taken_for_their_partner(tmp_path: Path, claim: tuple[str, str]) -> None:
    """The other Ada knows her namesake's ID and her partner's."""
    files = [
        ("Ada Lovelace_17_assignsubmission_file/w.ipynb", named(ADA, BOB)),
        ("Ada Lovelace_18_assignsubmission_file/w.ipynb", named(*claim, code="evil = 1")),
    ]
    handed = handed_in(tmp_path, files)
    found = in_teams(handed, authors_of(handed, RUBRIC, HERE.root), [])
    assert [one.sha256 for one in found] == [one.sha256 for one in handed]
    assert {one.team for one in found} == {""}


def test_the_same_two_ids_of_nobody_knows_whom_are_remarked_on(tmp_path: Path) -> None:
    files = [(f"Participant_{n}_assignsubmission_file/w.ipynb", named(ADA, BOB, code=f"x = {n}")) for n in (17, 18)]
    handed = handed_in(tmp_path, files)
    found = teams(handed)
    assert found["Participant 17"].remark == "Not taken for partners: Participant 18 (the same two IDs)."
    assert len({one.sha256 for one in found.values()}) == 2


def test_where_three_could_be_the_pair_nobody_is(tmp_path: Path) -> None:
    files = [("012345678", named(ADA, BOB)), ("Ada Lovelace", named(ADA, BOB, code="y")), ("Bob Levi", named(BOB, ADA))]
    handed = handed_in(tmp_path, [(f"{name}.ipynb", data) for name, data in files])
    found = teams(handed)
    assert {one.name: one.sha256 for one in handed} == {name: one.sha256 for name, one in found.items()}
    assert all("Not taken for partners" in one.remark for one in found.values())


def test_a_starter_that_nobody_filled_in_joins_nobody(tmp_path: Path) -> None:
    everybody = [("Ada Lovelace.ipynb", named()), ("Bob Levi.ipynb", named(code="y = 2"))]
    assert {(one.team, one.remark) for one in teams(handed_in(tmp_path, everybody)).values()} == {("", "")}


def test_examples_that_the_starter_gives_name_nobody() -> None:
    example = STARTER.replace("Student 1 (Name, ID)", "Alex Example, 123456789").replace(
        "Student 2 (Name, ID)", "Robin Example, 987654321"
    )
    # with one line still as it was, and one changed by a blank only
    edited = example.replace("Alex Example, 123456789", "Alex Example 123456789 ,")
    found = authors(read(edited.encode()), read(example.encode()), RUBRIC)
    assert [author.id for author in found if author.id] == []


def test_a_roster_says_who_is_one_team_whatever_notebooks_say(tmp_path: Path) -> None:
    files = [
        ("Ada Lovelace.ipynb", named(ADA, EVE)),
        ("Bob Levi.ipynb", b"no notebook"),
        ("Eve Cohen.ipynb", named(ADA, EVE, code="y = 2")),
        ("Yossi Cohen.ipynb", named()),
    ]
    handed = handed_in(tmp_path, files)
    found = teams(handed, list(entries(ROSTER)))
    before = {one.name: one for one in handed}
    assert [found[name].team for name in ("Ada Lovelace", "Bob Levi", "Eve Cohen", "Yossi Cohen")] == ["7", "7", "", ""]
    assert found["Bob Levi"].sha256 == before["Ada Lovelace"].sha256
    assert found["Eve Cohen"].sha256 == before["Eve Cohen"].sha256
    assert found["Eve Cohen"].remark == "Not taken for partners: Ada Lovelace (names them)."


@pytest.mark.parametrize(
    ("name", "id_"), [("Ada Lovelace", "503"), ("Lovelace ADA", ""), ("Mallory (for 012345678)", "")]
)
def test_nobody_is_somebody_of_the_roster_by_a_name_that_others_have_too(name: str, id_: str) -> None:
    data = named(EVE)
    handed = [
        HandedIn(key, who, number, "", key, False, "w.ipynb", key, lambda: data, time=float(time))
        for time, (key, who, number) in enumerate([("a", "Ada Lovelace", ""), ("b", "Bob Levi", ""), ("m", name, id_)])
    ]
    found = {one.key: one for one in in_teams(handed, authors_of(handed, RUBRIC, HERE.root), list(entries(ROSTER)))}
    assert found["b"].sha256 == "b"
    assert [found[key].team for key in ("a", "m")] == ["", ""]
    assert "Not taken for the roster's Ada Lovelace" in found["m"].remark
    # an address is chosen by nobody for themselves
    sure = [replace(one, email="ada@x") if one.key == "a" else one for one in handed]
    found = {one.key: one for one in in_teams(sure, authors_of(sure, RUBRIC, HERE.root), list(entries(ROSTER)))}
    assert [found[key].team for key in ("a", "b", "m")] == ["7", "7", ""]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Noa Cohen", "Cohen, Noa", True),
        ("Noa Cohen", "cohennoa", True),
        ("Noa Cohen", "Oan Cohen", False),
        ("Li", "Li", False),
    ],
)
def test_a_name_is_the_same_in_any_order_and_as_canvas_writes_it(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) == same


def test_a_partner_who_handed_in_nothing_has_the_teams_grade(tmp_path: Path) -> None:
    handed = handed_in(tmp_path, [("Ada Lovelace/w.ipynb", named(ADA)), ("Bob Levi/notes.pdf", b"x")])
    bob = teams(handed, list(entries(ROSTER)))["Bob Levi"]
    assert content(bob) == named(ADA)
    assert bob.problem == ""
    assert "There is no notebook" in bob.remark
    assert "Partner of Ada Lovelace" in bob.remark


def test_a_team_is_graded_once_and_not_again_when_the_batch_goes_on(tmp_path: Path) -> None:
    files = [("Ada Lovelace.ipynb", named(ADA, BOB)), ("Bob Levi.ipynb", named(ADA, BOB, code="y = 2"))]
    everybody = list(teams(handed_in(tmp_path, files)).values())

    def results(engine: Engine, resume: bool) -> list[Result]:
        with engine.opened() as submit:
            return list(run(everybody, TASK, submit, tmp_path / "out", resume, lambda *_: None))

    first = Engine(None)
    assert [result.status for result in results(first, False)] == ["graded", "graded"]
    assert [job.notebook.sha256 for job in first.jobs] == [everybody[1].sha256]
    for handed in everybody:
        path = tmp_path / "out" / handed.key / "report.json"
        report = Report.model_validate_json(path.read_bytes())
        submission = report.submission.model_copy(update={"sha256": everybody[1].sha256})
        environment = report.environment.model_copy(update={"grader": __version__, "rubric_sha256": SHA256})
        changes = {"submission": submission, "environment": environment, "assignment": RUBRIC.id}
        path.write_text(report.model_copy(update=changes).model_dump_json(), encoding="utf-8")
    again = Engine()
    assert [result.status for result in results(again, True)] == ["graded", "graded"]
    assert again.jobs == []


def test_who_is_in_no_table_is_named_where_the_rest_of_the_team_is(tmp_path: Path) -> None:
    handed = handed_in(tmp_path, [("Ada Lovelace.ipynb", named(ADA)), ("Eve Cohen.ipynb", named(EVE))])
    found = teams(handed, list(entries(ROSTER)))
    assert found["Ada Lovelace"].remark.endswith("nothing of theirs is here: Levi, Bob.")
    assert found["Eve Cohen"].remark == ""
