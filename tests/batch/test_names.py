"""A key is a folder's name everywhere, and nobody else's."""

import unicodedata
from pathlib import Path

import pytest

from grader.batch.intake import intake
from grader.batch.names import LONGEST_ID, LONGEST_NAME, key, shown, unique
from tests.batch.sources import ADA, saved, zipped


def test_names_that_a_file_system_takes_for_the_same_have_different_keys(tmp_path: Path) -> None:
    names = ["Noé", unicodedata.normalize("NFD", "Noé"), "NOÉ", "CON", "con", "a:b", "a?b", "\u202enoé", "א" * 120]
    archive = saved(tmp_path / "all.zip", zipped({f"{name}/hw.ipynb": ADA for name in names}))
    reordered = saved(tmp_path / "again.zip", zipped({f"{name}/hw.ipynb": ADA for name in reversed(names)}))
    found = intake(archive)
    assert {one.place for one in found} == set(names)
    assert len({unicodedata.normalize("NFC", one.key).casefold() for one in found}) == len(names)
    assert {one.place: one.key for one in intake(reordered)} == {one.place: one.key for one in found}
    assert not any("\u202e" in one.name + one.key for one in found)


HOSTILE = [
    *("../../etc/passwd", "..\\..\\x", "/", ".", "..", "", " ", "\0", "a\0b", "C:\\x", "a/b", "a\nb", "a\tb"),
    *("CON", "nul.txt", "Com1", "LPT9.ipynb", "aux", ".hidden", "-rf", "trailing.", "trailing ", "a" * 300),
    *(
        "א" * 300,
        "\u202egpj.exe",
        "\u200f\u200e",
        "\ud800",
        '"quoted"',
        "'; drop --",
        "<b>",
        "*?|:",
        "e" + "\u0301" * 300,
    ),
    *("a" * 79 + "é", "🙂", "con\u200b", "=1+1"),
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("identity", ["", "12", "../x", "א" * 300])
def test_a_key_is_one_folder_on_every_system(tmp_path: Path, name: str, identity: str) -> None:
    made = key(name, identity)
    assert len(made.encode()) <= LONGEST_NAME + LONGEST_ID + 2
    assert not set(made) & set('/\\:*?"<>|\0 \n\t')
    assert made[0] not in ".-"
    assert made[-1] not in ". "
    assert made.partition(".")[0].upper() not in {"CON", "NUL", "COM1", "LPT9", "AUX"}
    (tmp_path / made).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [made]


@pytest.mark.parametrize(
    ("name", "identity", "made"),
    [
        ("דנה כהן", "12", "דנה_כהן_12"),
        ("Ada Lovelace", "", "Ada_Lovelace"),
        ("ada", "ada", "ada"),
        ("Participant 12", "12", "Participant_12"),
        ("Noe\u0301", "", "Noé"),
        ("con.txt", "", "_con.txt"),
        ("?", "?", "unnamed"),
    ],
)
def test_a_key_can_be_read(name: str, identity: str, made: str) -> None:
    assert key(name, identity) == made


def test_numbers_that_keep_keys_apart_hit_no_other_key() -> None:
    assert list(unique(["a", "A", "a", "a-2", "a-2"])) == ["a", "A-2", "a-3", "a-2-2", "a-2-3"]
    assert len({made.casefold() for made in unique(["a"] * 5_000 + ["a-7"] * 5)}) == 5_005


def test_what_is_shown_turns_nothing_around() -> None:
    assert shown(" a\u202e\n\x1b[31mb\u2066\ud800  c ") == "a [31mb c"
    assert shown("\u200fדנה") == "\u200fדנה"
