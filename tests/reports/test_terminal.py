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
