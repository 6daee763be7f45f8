# ruff: noqa: RUF001 (Hebrew letters and dashes look like others)
"""Two students are recognised at the top of a notebook, however they write themselves down."""

from collections.abc import Callable

import pytest

from grader.checks.identity import Person, people, two_ids, two_names
from grader.errors import CheckFailed
from grader.notebooks.align import align, starter_regions
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook
from grader.records.submission import Submission

STARTER = """### Topics:
- Logistic Regression

**Submitted by:**

- **Student 1 (Name, ID)**
- **Student 2 (Name, ID)**

· Submissions are in **pairs only**. Write both names + IDs at the top of the notebook."""

ALEX, ROBIN = Person("Alex Example", "012345678"), Person("Robin Example", "987654321")
ALEKS, RUBIN = Person("אלכס לוי", "012345678"), Person("רובין כהן", "987654321")


def submission(text: str, kind: str = "markdown") -> Submission:
    cell = Cell(0, "code" if kind == "code" else "markdown", text)
    return Submission(Notebook("", (cell,)), ("header",), Notebook("", (Cell(0, "markdown", STARTER),)), ("header",))


def filled_in(first: str, second: str) -> str:
    return STARTER.replace("Student 1 (Name, ID)", first).replace("Student 2 (Name, ID)", second)


@pytest.mark.parametrize(
    "text",
    [
        filled_in("Student 1 (Alex Example, 012345678)", "Student 2 (Robin Example, 987654321)"),
        filled_in("Alex Example, 012345678", "Robin Example, 987654321"),
        STARTER + "\n\nAlex Example 012345678\n\nRobin Example 987654321",
        "Student 1: Alex Example, 012345678\nStudent 2: Robin Example, 987654321",
        "Student 1: Alex Example, 012345678 Student 2: Robin Example, 987654321",
        "Alex Example - ID 012345678\nRobin Example – ID 987654321",
        "012345678 Alex Example\n987654321 - Robin Example",
        "1. Alex Example 012345678\n2. Robin Example 987654321",
        "Alex Example\n012345678\nRobin Example\n987654321",
        "Alex Example\nRobin Example\n012345678\n987654321",
        "Names: Alex Example, Robin Example\nIDs: 012345678, 987654321",
        "Names: Alex Example and Robin Example\nID numbers: 012345678 987654321",
        "Submitted by: Alex Example (012345678) and Robin Example (987654321)",
        "Student 1 Name: Alex Example\nStudent 1 ID: 012345678\nStudent 2 Name: Robin Example\nStudent 2 ID: 987654321",
        "Student 1: Alex Example Student 2: Robin Example\nID 1: 012345678 ID 2: 987654321",
        "Alex Example 01234567-8, Robin Example 98765432-1",
        "Alex Example 012 345 678; Robin Example 987-654-321",
        "| Name | ID |\n|---|---|\n| Alex Example | 012345678 |\n| Robin Example | 987654321 |",
        "| ID | Name |\n|:-:|:-:|\n| 012345678 | Alex Example |\n| 987654321 | Robin Example |",
        "| | Student 1 | Student 2 |\n|---|---|---|\n| Name | Alex Example | Robin Example |\n| ID | 012345678 | 987654321 |",
        "| First name | Last name | ID |\n|--|--|--|\n| Alex | Example | 012345678 |\n| Robin | Example | 987654321 |",
        "<div><b>Alex Example</b><br>012345678</div><p>Robin Example</p><p>987654321</p>",
        "<table><tr><th>Name</th><th>ID</th></tr><tr><td>Alex Example</td><td>012345678</td></tr>"
        "<tr><td>Robin Example</td><td>987654321</td></tr></table>",
        '<span style="color:red">Alex Example, 012345678</span><br/><font size=4>Robin Example, 987654321</font>',
        "1. Alex Example, 012345678, alex1@example.com, 050-1234567\n2. Robin Example, 987654321, Phone: 0521234567",
        "Deep Learning Assignment 1\nDate: 03/12/2025, 23:59\nAlex Example 012345678\nRobin Example 987654321",
        "Course 20225 Deep Learning\nLecturer: Some Body\nAlex Example 012345678\nRobin Example 987654321",
        "\u200eAlex Example\u200e, \u200e012345678\u200e\n\u200eRobin Example\u200e, \u200e987654321\u200e",
    ],
)
def test_any_layout_names_the_same_two(text: str) -> None:
    assert people(submission(text), "header") == (ALEX, ROBIN)
    two_names(submission(text), "header")
    two_ids(submission(text), "header")


@pytest.mark.parametrize(
    "text",
    [
        "שם: אלכס לוי, ת.ז.: 012345678\nשם: רובין כהן, ת.ז.: 987654321",
        "מגישים: אלכס לוי ורובין כהן\nתעודות זהות: 012345678, 987654321",
        'סטודנט 1: אלכס לוי ת"ז 01234567-8\nסטודנטית 2: רובין כהן ת״ז 98765432 1',
        "| שם מלא | מספר תעודת זהות |\n|---|---|\n| אלכס לוי | 012345678 |\n| רובין כהן | 987654321 |",
        "קורס למידה עמוקה\nתרגיל 1\n012345678 אלכס לוי\n987654321 רובין כהן",
    ],
)
def test_hebrew_is_read(text: str) -> None:
    assert people(submission(text), "header") == (ALEKS, RUBIN)


@pytest.mark.parametrize(
    "source",
    [
        "# Student 1: Alex Example, 012345678\n# Student 2: Robin Example, 987654321\nimport torch",
        '"""\nAlex Example, 012345678\nRobin Example, 987654321\n"""',
        "print('Alex Example 012345678')\nprint('Robin Example 987654321')",
    ],
)
def test_a_code_cell_may_say_it(source: str) -> None:
    assert people(submission(source, "code"), "header") == (ALEX, ROBIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alex example 12345678\nrobin example 98765432", ("alex example", "robin example")),
        ("Example, Alex 012345678\nExample, Robin 987654321", ("Example Alex", "Example Robin")),
        ("Alex, 012345678\nRobin, 987654321", ("Alex", "Robin")),
        (
            "J. R. O'Neil-Example 012345678\nAnne-Marie Ben David 987654321",
            ("J. R. O'Neil-Example", "Anne-Marie Ben David"),
        ),
        ("Alex Example / אלכס לוי 012345678\nRobin Example / רובין כהן 987654321", ("Alex Example", "Robin Example")),
        ("Élodie Müller 012345678\nŁukasz Žižek 987654321", ("Élodie Müller", "Łukasz Žižek")),
    ],
)
def test_names_of_many_kinds(text: str, expected: tuple[str, str]) -> None:
    assert tuple(person.name for person in people(submission(text), "header")) == expected
    two_names(submission(text), "header")
    two_ids(submission(text), "header")


Check = Callable[[Submission, str], None]


@pytest.mark.parametrize(
    ("check", "text", "message"),
    [
        (two_names, STARTER, "there are none; `Student 1 .Name, ID.` and `Student 2 .Name, ID.` still stand there"),
        (two_ids, STARTER, "there are none; `Student 1 .Name, ID.`"),
        (two_names, "", "there are none"),
        (two_names, "012345678\n987654321", "there are none"),
        (two_ids, "Alex Example\nRobin Example", "there are none"),
        (two_names, "Alex Example, 012345678", "only one, `Alex Example`"),
        (two_ids, "Alex Example, 012345678", "only one, `012345678`"),
        (two_ids, "Alex Example, 012345678\nRobin Example", "only one, `012345678`"),
        (
            two_names,
            filled_in("Student 1 (Alex Example, 012345678)", "Student 2 (Name, ID)"),
            "only one, `Alex Example`; `Student 2 .Name, ID.` still stands there",
        ),
        (
            two_names,
            "A. Ace 012345678\nB. Bee 987654321\nC. Cee 123123123",
            "there are 3: `A. Ace`, `B. Bee` and `C. Cee`",
        ),
        (two_ids, "A. Ace 012345678\nB. Bee 987654321\nC. Cee 123123123", "there are 3: `012345678`"),
        (two_names, "Names: A. Ace, B. Bee, C. Cee\nIDs: 012345678 987654321 123123123", "there are 3"),
        (two_ids, "Alex Example 012345678\nRobin Example 98765", "`98765` has 5"),
        (two_ids, "Alex Example 012345678\nRobin Example, ID: 987", "`987` has 3"),
        (two_ids, "Alex Example 0123456789\nRobin Example 9876543", "`0123456789` has 10 and `9876543` has 7"),
        (
            two_ids,
            "Alex Example 012345678\nRobin Example 012345678",
            "`012345678` is at the top of the notebook more than once",
        ),
        (two_ids, "Alex Example 012345678\nRobin Example 12345678", "more than once"),
        (two_ids, "Alex Example 050-1234567\nRobin Example 052-7654321", "there are none"),
        (two_ids, "Alex Example, alex012345678@example.com\nRobin Example, 03/12/2025", "there are none"),
    ],
)
def test_the_sentence_says_what_is_wrong(check: Check, text: str, message: str) -> None:
    with pytest.raises(CheckFailed, match=message):
        check(submission(text), "header")


def test_other_regions_do_not_count() -> None:
    with pytest.raises(CheckFailed, match="none"):
        two_names(submission("Alex Example 012345678"), "setup")


@pytest.mark.parametrize("unit", ["Alex Example 012345678 ", "0", "0 ", "0-", "<td>", "Name, ID\n", "א", "a.", "@a"])
def test_much_text_takes_no_time(unit: str) -> None:
    people(submission(unit * (200_000 // len(unit))), "header")


def test_the_solution_passes_and_the_starter_does_not(assignment: Assignment) -> None:
    rubric = assignment.rubric
    homes = tuple(starter_regions(assignment.starter, rubric.regions))
    aligned = align(assignment.solution, assignment.starter, rubric.regions)
    solved = Submission(assignment.solution, aligned, assignment.starter, homes)
    untouched = Submission(assignment.starter, homes, assignment.starter, homes)

    assert people(solved, "header") == (Person("Alex Example", "000000001"), Person("Robin Example", "000000002"))
    for check in (two_names, two_ids):
        check(solved, "header")
        with pytest.raises(CheckFailed, match=r"Student 1 \(Name, ID\)"):
            check(untouched, "header")


@pytest.mark.parametrize(
    "pair", [("Dana Winter", "Noam Cohen"), ("Ai Levi", "Summer Cohen"), ("Dana Ta", "May Spring")]
)
def test_names_that_are_words_too_are_names(pair: tuple[str, str]) -> None:
    ids = ("123456789", "987654321")
    text = "\n".join(f"- **{name}, {number}**" for name, number in zip(pair, ids, strict=True))
    found = people(submission(f"Winter Semester 2025\n\n{text}"), "header")
    assert [(person.name, person.id) for person in found] == list(zip(pair, ids, strict=True))
