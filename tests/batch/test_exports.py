"""What goes back to a learning platform is whose it is, and of nobody else."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from grader.batch.exports import CANVAS, GRADEBOOK, JUNIT, MOODLE_FEEDBACK, MOODLE_WORKSHEET, Platform, exports, look_at
from grader.batch.handed import HandedIn
from grader.batch.keep import FEEDBACK
from grader.batch.result import Result
from grader.errors import BadGradebook
from grader.rubrics import load_rubric
from grader.settings import Settings
from tests.service.test_submissions import report

RUBRIC, _ = load_rubric(Settings().root, "deep-learning-1")
COLUMNS = ["Identifier", "Full name", "Status", "Grade", "Maximum Grade", "Grade can be changed", "Feedback comments"]


def result(name: str, identity: str, points: float | None = 4.0) -> Result:
    """Of somebody in a download of Moodle's; without points, of one who handed in nothing."""
    place = f"{name}_{identity}_assignsubmission_file"
    handed = HandedIn(f"{name}-{identity}", name, identity, "", place, False)
    return Result(handed, None if points is None else report(points), "" if points else "Nothing was handed in.")


def table(*rows: dict[str, str], group: bool = False) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, "Group"] if group else COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({"Maximum Grade": "15.00", "Grade can be changed": "Yes"} | row for row in rows)
    return text.getvalue()


def grades(filled: bytes) -> dict[str, str]:
    return {row["Identifier"]: row["Grade"] for row in csv.DictReader(io.StringIO(filled.decode()))}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """With the pages of Ada and Grace."""
    for key in ("Ada-5", "Grace-6"):
        (tmp_path / key).mkdir()
        (tmp_path / key / FEEDBACK).write_text(f"for {key}", encoding="utf-8")
    return tmp_path


def test_everybody_is_in_the_tables_and_only_who_has_points_has_some(output: Path) -> None:
    results = [result("Ada", "5"), result("Grace", "6", 7.5), result("Alan", "7", None)]
    files, remarks = exports(results, RUBRIC, output, Platform())
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(files[GRADEBOOK].decode()))}
    assert {name: row["score"] for name, row in rows.items()} == {"Ada": "4", "Grace": "7.5", "Alan": ""}
    assert rows["Alan"]["status"] == "not gradable"
    assert b'name="Grace-6"' in files[JUNIT]
    assert remarks == []
    assert files.keys() == {GRADEBOOK, JUNIT, MOODLE_FEEDBACK}


def test_pages_go_back_to_the_folders_that_they_came_from(output: Path) -> None:
    files, _ = exports(
        [result("Ada", "5"), result("Grace", "6"), result("Alan", "7", None)], RUBRIC, output, Platform()
    )
    with zipfile.ZipFile(io.BytesIO(files[MOODLE_FEEDBACK])) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            "Ada_5_assignsubmission_file/feedback.html": "for Ada-5",
            "Grace_6_assignsubmission_file/feedback.html": "for Grace-6",
        }


def test_persons_are_known_by_their_numbers(output: Path) -> None:
    sheet = table({"Identifier": "Participant 5"}, {"Identifier": "Participant 7"})
    results = [result("Ada", "5"), result("Grace", "6"), result("Alan", "7", None)]
    files, remarks = exports(results, RUBRIC, output, Platform(moodle_worksheet=sheet))
    assert grades(files[MOODLE_WORKSHEET]) == {"Participant 5": "4.00", "Participant 7": ""}
    assert any("no row for participant 6" in remark for remark in remarks)


def test_a_teams_number_is_nobodys_own(output: Path) -> None:
    sheet = table(
        {"Identifier": "Participant 5", "Group": "Grace"}, {"Identifier": "Participant 9", "Group": "Ada"}, group=True
    )
    files, _ = exports(
        [result("Ada", "5"), result("Grace", "6", 7.5)], RUBRIC, output, Platform(moodle_worksheet=sheet)
    )
    assert grades(files[MOODLE_WORKSHEET]) == {"Participant 5": "7.50", "Participant 9": "4.00"}


def test_teams_of_one_name_are_not_mixed_up(output: Path) -> None:
    (output / "Ada-6").mkdir()
    (output / "Ada-6" / FEEDBACK).write_text("", encoding="utf-8")
    sheet = table({"Identifier": "Participant 1", "Group": "Ada"}, group=True)
    platform = Platform(moodle_worksheet=sheet)
    files, remarks = exports([result("Ada", "5"), result("Ada", "6")], RUBRIC, output, platform)
    (row,) = csv.DictReader(io.StringIO(files[MOODLE_WORKSHEET].decode()))
    assert row["Grade"] == ""
    assert "2 teams are called Ada: the worksheet does not tell them apart." in remarks


@pytest.mark.parametrize(
    "platform",
    [
        Platform(moodle_worksheet="a,b\n1,2\n"),
        Platform(canvas_gradebook="a,b\n1,2\n"),
        Platform(
            canvas_gradebook="Student,ID,SIS Login ID,Section,HW (3)\n    Points Possible,,,,15\nAda,5,ada,One,\n",
            canvas_assignment="another",
        ),
    ],
)
def test_a_table_that_cannot_be_filled_in_is_noticed_before_anything_is_graded(platform: Platform) -> None:
    with pytest.raises(BadGradebook):
        look_at(platform, RUBRIC)
    look_at(Platform(moodle_worksheet=table({"Identifier": "Participant 1"})), RUBRIC)


def test_canvas_gets_one_column(output: Path) -> None:
    exported = "Student,ID,SIS Login ID,Section,HW (3)\n    Points Possible,,,,15\nAda,5,ada,One,\nAlan,7,alan,One,\n"
    platform = Platform(canvas_gradebook=exported, canvas_assignment="3")
    files, remarks = exports([result("Ada", "5"), result("Alan", "7", None)], RUBRIC, output, platform)
    rows = list(csv.DictReader(io.StringIO(files[CANVAS].decode())))
    assert {row["ID"]: row["HW (3)"] for row in rows if row["ID"]} == {"5": "4.00"}
    assert any("Alan" in remark for remark in remarks)


def test_points_that_are_still_to_be_given_are_said_to_count_as_none(output: Path) -> None:
    sheet = table({"Identifier": "Participant 5"})
    _, remarks = exports([result("Ada", "5")], RUBRIC, output, Platform(moodle_worksheet=sheet))
    assert any(remark.startswith("1 of them have points that nobody has given yet") for remark in remarks)
    assert exports([result("Ada", "5")], RUBRIC, output, Platform())[1] == []
