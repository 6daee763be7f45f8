from dataclasses import replace
from html.parser import HTMLParser

from grader.records.execution import CellRun, Execution
from grader.records.notebook import Cell, Notebook, Output
from grader.records.report import Report
from grader.reports.html import html


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its visible text."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_of_a_student_becomes_markup(
    report: Report, notebook: Notebook, execution: Execution, attack: str
) -> None:
    page = Page(html(report, notebook, execution))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "iframe", "svg", "object", "link"})
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert page.text.count(attack) >= 7


def test_pictures_are_inside_the_page(report: Report, notebook: Notebook, execution: Execution) -> None:
    page = Page(html(report, notebook, execution))
    sources = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(sources) == 2
    assert all(source.startswith("data:image/png;base64,") for source in sources)


def test_the_page_forbids_scripts_and_everything_from_elsewhere(
    report: Report, notebook: Notebook, execution: Execution
) -> None:
    page = Page(html(report, notebook, execution))
    policies = [a["content"] or "" for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    rules = dict(rule.strip().partition(" ")[::2] for rule in policies[0].split(";"))
    assert rules.keys() == {"default-src", "img-src", "style-src", "base-uri", "form-action"}
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules["style-src"].startswith("'sha256-")


def test_the_page_says_what_a_reader_needs(report: Report, notebook: Notebook, execution: Execution) -> None:
    page = Page(html(report, notebook, execution))
    for words in (
        "digits, not MNIST",
        "Because <script>",
        "000000001",
        "5 points",
        "2 / 2",
        "0 / 3",
        "- / 4",
        "The cell was stopped after 2 s.",
        "bubblewrap",
    ):
        assert words in page.text


def test_a_report_without_execution_has_a_page(report: Report, notebook: Notebook, execution: Execution) -> None:
    page = Page(html(report.model_copy(update={"execution": None}), notebook, execution))
    assert "Second" in page.text


def test_the_page_shows_what_a_person_said(report: Report, notebook: Notebook, execution: Execution) -> None:
    items = [item.model_copy(update={"comment": f"<b>said of {item.id}</b>"}) for item in report.items]
    page = Page(html(report.model_copy(update={"items": tuple(items)}), notebook, execution))
    assert all(f"<b>said of {item.id}</b>" in page.text for item in items)


def test_the_page_shows_control_characters_as_such(report: Report, notebook: Notebook, execution: Execution) -> None:
    hostile = "a\x1b[2J\u202eb\x9b\0c"
    cells = (Cell(0, "markdown", hostile), Cell(1, "code", hostile))
    run = CellRun(1, "ok", outputs=(Output("stream", text=hostile), Output("error", text=hostile)))
    page = html(report, replace(notebook, cells=cells), replace(execution, cells=(run,)))
    assert page.count("a\ufffd[2J\ufffdb\ufffd\ufffdc") == 4
    assert not set(page) & set("\x1b\u202e\x9b\0")
