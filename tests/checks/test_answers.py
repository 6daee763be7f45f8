"""Answers are found wherever students type them, and their colour is the one that a reader sees."""

import pytest

from grader.checks.answers import answered_in_red
from grader.checks.markup import is_red, rgb, visible_text
from grader.errors import CheckFailed
from grader.notebooks.align import align, starter_regions
from grader.records.assignment import Assignment
from grader.records.notebook import Cell, Notebook
from grader.records.submission import Submission

QUESTION = """Answer the following questions:

1. Is a *logistic regression* a sufficient model for this task?
   What **constraints** does this model impose on the decision boundaries?"""
PROMPT = "<font color='red'>Write your answers here for questions above, with an explaination as requested.</font>"
STARTER = Notebook("", (Cell(0, "markdown", QUESTION), Cell(1, "markdown", PROMPT)))
REGIONS = {
    "q1.logistic_regression.questions": 2,
    "q1.mlp.questions": 2,
    "q1.initialization.question": 1,
    "q2.xor.questions": 3,
}


def submission(*cells: tuple[str, str]) -> Submission:
    made = tuple(
        Cell(index, "code" if kind == "code" else "raw" if kind == "raw" else "markdown", source)
        for index, (kind, source) in enumerate(cells)
    )
    return Submission(Notebook("", made), ("q",) * len(made), STARTER, ("q", "q"))


def answered(text: str) -> Submission:
    return submission(("markdown", QUESTION), ("markdown", text))


def red(text: str) -> str:
    return f'<span style="color:red">{text}</span>'


@pytest.mark.parametrize(
    "text",
    [
        red("It is linear, so no."),
        "<span style='color: #f00'>It is linear, so no.</span>",
        "<span style=color:#FF0000>It is linear, so no.</span>",
        '<SPAN STYLE="font-weight: bold; COLOR: Red !important;">It is linear, so no.</SPAN>',
        '<span style="color:rgb(255, 0, 0)">It is linear, so no.</span>',
        '<span style="color:rgba(200 10 10 / 0.9)">It is linear, so no.</span>',
        '<font color="red">It is linear, so no.</font>',
        "<FONT COLOR=RED>It is linear, so no.</FONT>",
        "<font color='ff0000'>It is linear, so no.</font>",
        '<p style="color:crimson">It is linear,</p><div style="color:darkred">so no.</div>',
        "<b style='color:firebrick'>It is linear, so no.</b>",
        "<font color='red'>It is linear.\n\n- so\n- no\n\nNever closed.",
        "<span style='color:blue'><span style='color:red'>It is linear, so no.</span></span>",
        "<span style='color:red'>It <b>is</b> <i>linear</i>, <br> so <u>no</u>.</span>",
        "<span style='color:red; background-color:yellow'>It is linear, so no.</span>",
        red("d = 2 and 3"),
        red("$d=2$ and $d=3$"),
        red("2, 3, 4, 5, 16"),
        red("`nn.ReLU`"),
        "**Answer 1:** " + red("d = 2 and 3"),
        "1. " + red("It is linear.") + "\n2. " + red("So no.") + " $$x < y, \\quad W \\in \\mathbb{R}$$",
        red("It is linear, so no.") + "\n\n![a picture of two digits](attachment:digits.png)",
        red("It is linear, so no.") + "\n![x](data:image/png;base64," + "iVBORw0KGgo" * 10_000 + ")",
        red("It is linear, so no.") + " <!-- a note to ourselves that nobody sees -->",
        red("$a<b$ and $b>c$: the boundary is linear."),
        red("x < y and y > z, with A&lt;B"),
        r"$\color{red}{\text{It is linear, so no.}}$",
        r"${\color{red} It\ is\ linear}$",
        r"$\textcolor{red}{\text{It is linear, so no.}}$",
        r"$$\color{#FF0000}{\text{It is linear}}$$",
        red("תשובה: המודל ליניארי ולכן לא מספיק"),
        '<div dir="rtl" style="color:red">המודל ליניארי</div>',
        red("A long answer, nearly all of which is red, as it should be.") + " Not this.",
        PROMPT + "\n\n" + red("It is linear, so no."),
        PROMPT.replace("</font>", "<br>It is linear, so no.</font>"),
        QUESTION + "\n" + red("It is linear, so no."),
    ],
)
def test_a_red_answer_passes(text: str) -> None:
    answered_in_red(answered(text), "q")


@pytest.mark.parametrize(
    "text",
    [
        "It is linear, so no.",
        "**It is linear, so no.**",
        "<span style='color:blue'>It is linear, so no.</span>",
        "<span style='background-color:red'>It is linear, so no.</span>",
        "<span style='color:red'><span style='color:black'>It is linear, so no.</span></span>",
        "<font color='red'></font>It is linear, so no.",
        "<span style='color:orange'>It is linear, so no.</span>",
        "<span style='color:pink'>It is linear, so no.</span>",
        "<span style='color:nonsense'>It is linear, so no.</span>",
        "`<span style='color:red'>` It is linear, so no.",
        r"$\text{It is linear, so no.}$",
        r"$\textcolor{blue}{\text{It is linear}}$",
        r"It is linear $\color{red} x$, so no: there is no more to say.",
        PROMPT + "\n\nIt is linear, so no.",
        '<span style="color:red>It is linear, so no.</span>',
    ],
)
def test_an_answer_in_another_colour_is_told_so(text: str) -> None:
    with pytest.raises(CheckFailed, match="red"):
        answered_in_red(answered(text), "q")


@pytest.mark.parametrize(
    "text", ["", "   ", PROMPT, PROMPT.replace("'", '"'), PROMPT.replace("red", "blue"), "**Answer:**", red("")]
)
def test_the_prompt_is_no_answer(text: str) -> None:
    with pytest.raises(
        CheckFailed, match="There is no answer to this question: only the assignment's own text is there"
    ):
        answered_in_red(answered(text), "q")


def test_the_question_written_differently_is_no_answer() -> None:
    rewrapped = QUESTION.replace("\n", " ").replace("*", "").replace("1. ", "**1)** ")
    with pytest.raises(CheckFailed, match="only the assignment's own text"):
        answered_in_red(submission(("markdown", rewrapped)), "q")


def test_an_answer_behind_the_question_on_its_line_counts() -> None:
    answered_in_red(submission(("markdown", QUESTION + " " + red("It is linear, so no."))), "q")


def test_too_little_for_several_questions_is_told_so() -> None:
    answered_in_red(answered(red("yes it is")), "q", 1)
    with pytest.raises(CheckFailed, match="These 3 questions should be answered, but only 7 letters or digits"):
        answered_in_red(answered(red("yes it is")), "q", 3)


def test_missing_cells_are_told_so() -> None:
    with pytest.raises(CheckFailed, match="the question's cells are gone"):
        answered_in_red(Submission(STARTER, ("q", "q"), STARTER, ("q", "q")), "other")


@pytest.mark.parametrize(
    "source",
    [
        "# It is linear, so no.\nx = 1",
        "'''\nIt is linear, so no.\n'''",
        "print('It is linear, so no.')",
        "It is # It is linear",
    ],
)
def test_an_answer_in_a_code_cell_is_told_so(source: str) -> None:
    with pytest.raises(CheckFailed, match=r"code cell 1 \(starting `.+`\) holds as comments or strings"):
        answered_in_red(submission(("markdown", QUESTION), ("markdown", PROMPT), ("code", source)), "q")


def test_code_cells_around_the_answer_do_not_matter() -> None:
    cells = [("code", "plt.title('A misclassified digit')  # two of them"), ("markdown", red("It is linear, so no."))]
    answered_in_red(submission(("markdown", QUESTION), *cells), "q")
    answered_in_red(submission(("markdown", QUESTION), *reversed(cells)), "q")


def test_a_raw_cell_has_no_colour() -> None:
    with pytest.raises(CheckFailed, match="not red"):
        answered_in_red(submission(("raw", "It is linear, so no.")), "q")


def test_the_share_and_an_example_are_named() -> None:
    text = red("It is linear.") + "\n\nThe rest of this answer\nis black."
    with pytest.raises(CheckFailed, match=r"about 33 % .* for example, `The rest of this answer` is not"):
        answered_in_red(answered(text), "q")


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("red", True),
        ("#f00", True),
        ("#d9534f", True),
        ("#e74c3c", True),
        ("hsl(0, 100%, 50%)", True),
        ("rgb(100%, 0%, 0%)", True),
        ("indianred", True),
        ("orangered", True),
        ("darkorange", False),
        ("magenta", False),
        ("purple", False),
        ("gray", False),
        ("#300", False),
        ("inherit", False),
        ("rgb(", False),
        ("9" * 1000, False),
    ],
)
def test_what_is_red(color: str, expected: bool) -> None:
    assert is_red(rgb(color)) == expected


def test_what_is_visible() -> None:
    source = "a <b>b</b> ![c](d) [e](f) <!-- g --> $h$ `i` <br/>j <![CDATA[ <?k ?> &amp; <l"

    assert visible_text(source).split() == ["a", "b", "[e]", "h", "i", "j", "<![CDATA[", "<?k", "?>", "&", "<l"]


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a ",
        "<a/",
        "<a b=",
        "<a b='",
        "<a b='>",
        "<a b=\">'",
        "<!--",
        "<!",
        "<![",
        "</",
        "<?",
        "<b>",
        "</b>",
        "<b></i>",
        "<script>",
        "<span style='color:red'>x",
        "&#",
        "$",
        "$a ",
        "\\[",
        "\\(",
        "`",
        "![",
        "![](",
        "](",
        "{\\color{red}",
        "\U000f0000",
    ],
)
def test_hostile_markup_takes_no_time(unit: str) -> None:
    for text in (unit * (1_000_000 // len(unit)), "<b>" * 2_000 + unit * 2_000, f"${unit * 2_000}$"):
        visible_text(text)


def test_the_solution_passes_and_the_starter_does_not(assignment: Assignment) -> None:
    rubric = assignment.rubric
    homes = tuple(starter_regions(assignment.starter, rubric.regions))
    aligned = align(assignment.solution, assignment.starter, rubric.regions)
    solved = Submission(assignment.solution, aligned, assignment.starter, homes)
    untouched = Submission(assignment.starter, homes, assignment.starter, homes)

    for region, questions in REGIONS.items():
        answered_in_red(solved, region, questions)
        with pytest.raises(CheckFailed, match="only the assignment's own text is there"):
            answered_in_red(untouched, region, questions)
