"""A folder around everybody is nobody."""

from pathlib import Path

import pytest

from grader.batch.intake import intake
from tests.batch.sources import ADA, DANA, laid, only, read, saved, zipped


@pytest.mark.parametrize("name", ["submitted", "hw1"])
def test_one_nbgrader_student_is_one_student_with_every_assignment(tmp_path: Path, name: str) -> None:
    files = {f"submitted/ada/{work}/hw.ipynb": data for work, data in {"hw1": ADA, "hw2": DANA}.items()}
    one = only(intake(saved(tmp_path / f"{name}.zip", zipped(files)), wanted="hw2"))
    assert (one.id, read(one)) == ("ada", DANA)


@pytest.mark.parametrize(
    ("files", "people"),
    [
        ({"hw1/Ada/hw.ipynb": ADA, "hw1/Dana/report.pdf": b"x"}, ["Ada", "Dana"]),
        ({"a/b/Ada/hw.ipynb": ADA, "a/b/Dana/hw.ipynb": DANA}, ["Ada", "Dana"]),
        ({"all/Ada/hw.ipynb": ADA}, ["Ada"]),
        ({"ada/hw1/a.ipynb": ADA, "ada/hw1/timestamp.txt": b"", "ada/hw2/b.ipynb": ADA}, ["ada"]),
        ({"a/ada/hw1/a.ipynb": ADA, "a/ada/hw1/timestamp.txt": b""}, ["ada"]),
        ({"course/gradebook.db": b"", "course/submitted/ada/hw1/hw.ipynb": ADA}, ["ada"]),
        ({"Ada_1_assignsubmission_file/a.ipynb": ADA, "Ada_1_assignsubmission_file/b.ipynb": DANA}, ["Ada"]),
        ({"export/submission_metadata.yml": b"{}", "export/submission_1/hw.ipynb": ADA}, ["submission_1"]),
        ({"c/adal_1_2_a.pdf": b"x", "c/danac_2_3_b.pdf": b"x"}, ["adal", "danac"]),
        ({"Ada/hw_1_2_x.ipynb": ADA}, ["Ada"]),
        ({"Ada/hw1/hw.ipynb": ADA, "Ada/hw1/data.csv": b"1"}, ["Ada"]),
        ({"Ada/hw.ipynb": ADA, "Ada/img/a.png": b"1", "Ada/data/b.csv": b"1"}, ["Ada"]),
    ],
)
def test_a_folder_around_all_students_is_no_student(tmp_path: Path, files: dict[str, bytes], people: list[str]) -> None:
    assert [one.name for one in intake(saved(tmp_path / "all.zip", zipped(files)))] == people


def test_a_folders_name_may_have_a_dot(tmp_path: Path) -> None:
    assert only(intake(laid(tmp_path / "hw.1", {"hw.1/Ada/hw.ipynb": ADA}))).name == "Ada"
