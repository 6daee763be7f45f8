"""A browser opens what was written of notebooks that attack their readers: nothing runs, and nobody is told.

The same browser shows that it would have noticed: the attacks go off where they stand on a page as they are. The executed
notebook is shown by nbconvert, which puts Markdown and HTML on its page as they come, so what is safe there is safe in
programs that clean.
"""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Literal

import nbconvert
import nbformat
import pytest
import yaml
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from grader.records.execution import CellRun, Execution
from grader.records.notebook import Cell, Notebook, Output
from grader.records.report import AnswerReport, CheckReport, FlagReport, Report, StudentReport
from grader.reports.html import html
from grader.reports.notebook import executed_notebook

KINDS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("payloads.yaml").read_text(encoding="utf-8"))
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome")
SITE = "attacker.test"
QUIET_MS, TOUCHED_SECONDS = 300, 30
TYPES = (
    "text/plain",
    "text/html",
    "text/markdown",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "application/javascript",
    "application/json",
    "application/pdf",
    "application/vnd.jupyter.widget-view+json",
)
TOUCH = """addEventListener("DOMContentLoaded", () => setTimeout(() => {
    for (const link of document.querySelectorAll("a, button, svg text"))
        if (!/^(https?:|#)/.test(link.getAttribute("href") ?? ""))
            link.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
    for (const element of document.querySelectorAll("*")) element.dispatchEvent(new MouseEvent("mouseover"));
    if (self === top) touched();
}, 100))"""
"""What every page and frame does for its reader; no policy of the page's own stops it."""


def payloads(place: str) -> list[str]:
    """All of them; what each calls and fetches says where it stood."""
    found = [(kind.replace(" ", "-"), text) for kind, texts in KINDS.items() for text in texts]
    named = ((f"{place}/{kind}-{number}", text) for number, (kind, text) in enumerate(found))
    return [
        text.replace("RUN", f"ran(`{name}`)").replace("URL", f"http://{SITE}/{name}").replace("ID", name)
        for name, text in named
    ]


@dataclass
class Heard:
    """What a page did that only a script or an attack does."""

    runs: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    touched: threading.Event = field(default_factory=threading.Event)
    text: str = ""
    max_width: str = ""


class Proxy(ThreadingTCPServer):
    """Answers that nothing is there, and keeps the first line of what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Ask)
        self.lines: set[str] = set()


class Ask(StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Proxy)
        self.server.lines.add(self.rfile.readline(4096).decode("latin-1").strip())
        self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser(proxy: Proxy) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("NO BROWSER: whether attacks on readers are harmless was not tested; apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, proxy={"server": f"http://127.0.0.1:{proxy.server_address[1]}"}
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, proxy: Proxy, tmp_path: Path) -> Callable[[str], Heard]:
    """Open a page from the disk, touch everything on it, wait until it is quiet, and say what it did."""

    def opened(text: str) -> Heard:
        heard = Heard()
        proxy.lines.clear()
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context()
        context.add_init_script(TOUCH)
        context.expose_binding("touched", lambda _: heard.touched.set())
        context.expose_binding("ran", lambda _, name: heard.runs.add(name))

        def dismissed(dialog: Dialog) -> None:
            heard.runs.add(f"dialog {dialog.message}")
            dialog.dismiss()

        context.on("dialog", dismissed)
        page: Page = context.new_page()
        page.goto(file.as_uri(), wait_until="domcontentloaded")
        wait_until_quiet(page, heard, proxy)
        assert page.url == file.as_uri(), "the page led its reader elsewhere"
        heard.text = page.evaluate("document.body.innerText")
        heard.max_width = page.evaluate("getComputedStyle(document.body).maxWidth")
        context.close()
        heard.requests |= {line for line in proxy.lines if SITE in line}
        return heard

    return opened


def wait_until_quiet(page: Page, heard: Heard, proxy: Proxy) -> None:
    # playwright's own ways to wait also wait for the end of a navigation that the browser refused to begin
    deadline = time.monotonic() + TOUCHED_SECONDS
    while not heard.touched.is_set() and time.monotonic() < deadline:
        page.wait_for_timeout(10)
    assert heard.touched.is_set(), "the page was not touched"
    before = -1
    while before < (now := len(heard.runs) + len(proxy.lines)):
        before = now
        page.wait_for_timeout(QUIET_MS)


def hostile_notebook() -> Notebook:
    kinds: tuple[Literal["code", "markdown", "raw"], ...] = ("code", "markdown", "raw")
    sources = [(kind, source) for kind in kinds for source in payloads(f"{kind}-cell")]
    cells = tuple(Cell(at, kind, source, id=source) for at, (kind, source) in enumerate(sources))
    return Notebook(sha256="ab" * 32, cells=cells)


def hostile_execution(execution: Execution) -> Execution:
    """A run whose cells say and show all of it, in every type of output."""
    by_place = {place: payloads(place) for place in ("stdout", "stderr", "error", "timeout", *TYPES)}
    runs = []
    for at, error in enumerate(by_place["timeout"]):
        outputs = [Output("stream", text=by_place[name][at], stream=name) for name in ("stdout", "stderr")]
        outputs.append(Output("error", text=f"{by_place['error'][at]}: {by_place['error'][at]}"))
        outputs += [Output("display", text=by_place[mime][at], data={mime: by_place[mime][at]}) for mime in TYPES]
        outputs.append(Output("display", data={mime: by_place[mime][at] for mime in TYPES}))
        runs.append(CellRun(at, "timeout", 1.0, error, tuple(outputs)))
    return replace(execution, cells=tuple(runs))


def hostile_report(report: Report) -> Report:
    """A report that quotes all of it, wherever it quotes a student."""
    item, filled = report.items[-1], report.execution
    assert filled is not None
    checks = (
        CheckReport(id="values", status="failed", weight=1, message=text, visibility="visible")
        for text in payloads("message")
    )
    answers = (item.model_copy(update={"answer": AnswerReport(text=text, figures=())}) for text in payloads("answer"))
    names = zip(payloads("name"), payloads("number"), strict=True)
    flags = zip(payloads("flag"), payloads("evidence"), strict=True)
    return report.model_copy(
        update={
            "items": (report.items[0].model_copy(update={"checks": tuple(checks)}), *answers),
            "flags": tuple(
                FlagReport(id="x", severity="warning", message=text, evidence=quote) for text, quote in flags
            ),
            "submission": report.submission.model_copy(
                update={
                    "filename": "".join(payloads("filename")),
                    "students": tuple(StudentReport(name=name, id=number) for name, number in names),
                }
            ),
            "environment": report.environment.model_copy(update={"torch": "".join(payloads("torch"))}),
        }
    )


def gone_off(heard: Heard, kind: str) -> int:
    """How many payloads of a kind ran or fetched something."""
    return len(set(re.findall(rf"{kind.replace(' ', '-')}-\d+", " ".join(heard.runs | heard.requests))))


def test_the_browser_notices_what_html_does(visit: Callable[[str], Heard]) -> None:
    heard = visit(in_frames(payloads("frame")))
    for kind in KINDS.keys() - {"entities and encodings", "template", "markdown", "latex"}:
        assert gone_off(heard, kind) >= len(KINDS[kind]) / 2, kind
    assert sum(gone_off(heard, kind) for kind in KINDS) >= 90


def test_the_browser_notices_what_markdown_does(visit: Callable[[str], Heard]) -> None:
    texts = [text for text in payloads("frame") if "/markdown-" in text]
    notebooks = (nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]) for text in texts)
    heard = visit(in_frames(page_of(nbformat.writes(notebook)) for notebook in notebooks))
    assert gone_off(heard, "markdown") >= len(KINDS["markdown"]) / 2


def in_frames(pages: Iterable[str]) -> str:
    return "<!doctype html>" + "".join(f'<iframe srcdoc="{escape(page)}"></iframe>' for page in pages)


def test_the_text_of_a_report_is_harmless_without_its_policy(
    visit: Callable[[str], Heard], report: Report, execution: Execution
) -> None:
    page = html(hostile_report(report), hostile_notebook(), hostile_execution(execution))
    heard = visit(page.replace('http-equiv="Content-Security-Policy"', ""))
    assert (heard.runs, heard.requests) == (set(), set())
    shown = ("filename", "name", "number", "message", "answer", "flag", "evidence", "torch", "timeout")
    places = (*shown, "stdout", "stderr", "error", "text/plain", "code-cell", "markdown-cell", "raw-cell")
    assert [place for place in places if heard.text.count(f"{place}/") < len(payloads(place)) / 2] == []


def test_the_policy_of_a_report_is_enough_without_escaping(
    visit: Callable[[str], Heard], report: Report, notebook: Notebook, execution: Execution
) -> None:
    # where a `meta` leads is no policy's business
    raw = "".join(payload for payload in payloads("raw") if "<meta" not in payload)
    page = html(report, notebook, execution)
    heard = visit(page.replace("</body>", f"{raw}</body>"))
    assert (heard.runs, heard.requests) == (set(), set())
    assert heard.max_width == "960px", "the page's own style does not apply"


def test_an_executed_notebook_is_harmless(visit: Callable[[str], Heard], execution: Execution) -> None:
    text = executed_notebook(hostile_notebook(), hostile_execution(execution))
    heard = visit(page_of(text))
    assert (heard.runs, heard.requests) == (set(), set())
    assert heard.text.count("markdown-cell/") > len(payloads("")) / 2


def page_of(notebook: str) -> str:
    """What nbconvert makes of a notebook, without its own scripts and style."""
    body, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(nbformat.reads(notebook, as_version=4))
    return f"<!doctype html><meta charset=utf-8><body>{body}</body>"
