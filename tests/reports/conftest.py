import pytest

from grader.records.execution import CellRun, CellStatus, Environment, Execution
from grader.records.notebook import Cell, Notebook, Output
from grader.records.report import (
    AnswerReport,
    CellReport,
    CheckReport,
    EnvironmentReport,
    ExecutionReport,
    ItemReport,
    Report,
    StudentReport,
    SubmissionReport,
)

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>[bold]markup[/bold]"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


@pytest.fixture
def attack() -> str:
    return ATTACK


@pytest.fixture
def notebook() -> Notebook:
    cells = (
        Cell(0, "markdown", f"# {ATTACK}", id="../../etc"),
        Cell(1, "code", f"print({ATTACK!r})", id="same"),
        Cell(2, "code", "plot()", id="same"),
        Cell(3, "code", "never()"),
    )
    return Notebook(sha256="ab" * 32, cells=cells)


@pytest.fixture
def execution() -> Execution:
    runs = (
        CellRun(1, "ok", 0.5, None, (Output("stream", text=ATTACK), Output("error", text=f"Error: {ATTACK}"))),
        CellRun(
            2,
            "timeout",
            2.0,
            "The cell was stopped after 2 s.",
            (Output("display", text="Figure", data={"image/png": PNG, "text/html": ATTACK}),),
        ),
        CellRun(3, "skipped"),
    )
    return Execution("timeout", "full", False, Environment("3.11", "2.13", "cpu"), 3.0, runs)


@pytest.fixture
def report() -> Report:
    check = CheckReport(id="values", status="failed", weight=1, message=f"Expected {ATTACK}", visibility="visible")
    passed = ItemReport(id="a", title="First", points=2, max_points=2, status="passed", blame=None, checks=())
    failed = ItemReport(
        id="b", title="Second", points=0, max_points=3, status="failed", blame="student", checks=(check,)
    )
    open_ = ItemReport(id="c", title="Third", points=None, max_points=4, status="error", blame="grader", checks=())
    student = StudentReport(name=ATTACK, id="000000001")
    answer = AnswerReport(text=f"Because {ATTACK}", figures=(PNG,))
    manual = ItemReport(
        id="d", title="Fourth", points=None, max_points=5, status="manual", blame=None, checks=(), answer=answer
    )
    states: tuple[tuple[int, CellStatus], ...] = ((1, "ok"), (2, "timeout"), (3, "skipped"))
    cells = [CellReport(index=i, region="q1", status=s, duration_s=0.5, error=None) for i, s in states]
    return Report(
        assignment="demo",
        status="graded",
        submission=SubmissionReport(id="abab", sha256="ab" * 32, filename=f"{ATTACK}.ipynb", students=(student,)),
        score=2,
        max_score=14,
        auto_score=2,
        auto_max=9,
        pending_manual=5,
        items=(passed, failed, open_, manual),
        flags=(),
        execution=ExecutionReport(
            status="timeout",
            profile="full",
            salvaged=False,
            device="cpu",
            kernel_start="cold",
            duration_s=3,
            cells=tuple(cells),
        ),
        executed_notebook=None,
        environment=EnvironmentReport(
            grader="0",
            rubric_sha256="",
            torch="2.13",
            python="3.11",
            data="digits, not MNIST",
            sandbox_lacks=(),
            sandbox="bubblewrap",
        ),
    )
