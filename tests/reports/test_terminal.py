from rich.console import Console

from grader.records.report import Report
from grader.reports.terminal import table


def printed(report: Report) -> str:
    console = Console(width=160, record=True, file=None, quiet=False, no_color=True)
    with console.capture() as capture:
        console.print(table(report))
    return capture.get()


def test_the_table_has_points_and_what_to_look_at(report: Report) -> None:
    text = printed(report)
    assert "2 / 2" in text
    assert "0 / 3" in text
    assert "- / 4" in text
    assert "values: Expected" in text
    assert "2 of 9 automatic points" in text
    assert "4 automatic points are open" in text


def test_students_text_is_not_read_as_markup(report: Report) -> None:
    assert "[bold]markup[/bold]" in printed(report)


FORGED = "x\x1b[2J\x1b[31mred\x1b[0m\x9b1A\x1b]0;title\x07\rpassed\nq1: passed\u202egnp\u2066.\u2028\x7f\b\0\ud800"


def test_students_text_cannot_forge_a_line(report: Report) -> None:
    lines = printed(report).count("\n")
    item = report.items[1]
    check = item.checks[0].model_copy(update={"message": FORGED})
    submission = report.submission.model_copy(update={"filename": FORGED})
    forged = report.model_copy(
        update={"submission": submission, "items": (report.items[0], item.model_copy(update={"checks": (check,)}))}
    )
    text = printed(forged)
    assert not set(text) & set("\x1b\x9b\x07\r\x7f\b\0\u202e\u2066\u2028\ud800")
    assert [line for line in text.splitlines() if line.strip().startswith(("q1:", "passed"))] == []
    assert text.count("\n") <= lines
    assert "red" in text
