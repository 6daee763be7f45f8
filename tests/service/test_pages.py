"""The service's pages: signed in by a cookie that other sites cannot use, and safe whatever a notebook is called."""

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from grader.records.rubric import Policy
from grader.service import overview, rates, revisions
from grader.service.contents import path_of
from grader.service.identity import COOKIE
from grader.service.store import Store, open_store
from grader.service.submissions import Upload, accept
from grader.service.users import User, import_roster, replace_token
from tests.reports.test_rendering import BROWSERS
from tests.sandbox.wall import wait_until
from tests.service.conftest import ROSTER
from tests.service.test_api import notebook, serving
from tests.service.test_dispatch import Engine
from tests.service.test_submissions import grading


@pytest.fixture(params=["sqlite"])
def url() -> str:
    """Pages are the same on every database."""
    return ""


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def http(store: Store, tokens: dict[str, str], engine: Engine) -> Iterator[httpx.Client]:
    assert tokens
    with serving(store, engine.opened) as http:
        yield http


def here(http: httpx.Client) -> dict[str, str]:
    """What a browser sends along with a form of this site."""
    return {"Origin": str(http.base_url).rstrip("/")}


def sign_in(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/login", data={"token": token}, headers=here(http))


def hand_in(http: httpx.Client, name: str = "work.ipynb") -> httpx.Response:
    files = {"notebook": (name, notebook("x = 1"))}
    return http.post("/assignments/deep-learning-1/submissions", files=files, headers=here(http))


def text_of(answer: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def test_whoever_is_not_signed_in_is_asked_to(http: httpx.Client, tokens: dict[str, str]) -> None:
    for path in ("/", "/submissions/" + "0" * 20):
        answer = http.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "token" in text_of(http.get("/login"))
    wrong = sign_in(http, "wrong")
    assert wrong.status_code == 401
    assert "nobody's token" in text_of(wrong)
    assert COOKIE not in http.cookies
    assert sign_in(http, tokens["ada"]).headers["location"] == "/"
    assert "ada@example.org" in text_of(http.get("/"))


def test_the_cookie_is_for_no_script_and_no_other_site(http: httpx.Client, tokens: dict[str, str]) -> None:
    said = sign_in(http, tokens["ada"]).headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=lax" in said
    assert tokens["ada"].lower() not in said
    behind = http.post("/login", data={"token": tokens["ada"]}, headers=here(http) | {"X-Forwarded-Proto": "https"})
    assert "; secure" in behind.headers["set-cookie"].lower()


def test_a_visit_ends_when_it_is_ended_and_when_its_token_is_replaced(
    http: httpx.Client, store: Store, tokens: dict[str, str]
) -> None:
    sign_in(http, tokens["ada"])
    cookie = http.cookies[COOKIE]
    assert http.post("/logout", headers=here(http)).status_code == 303
    assert http.get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 303
    sign_in(http, tokens["ada"])
    token = replace_token(store, "ada@example.org")
    assert http.get("/").status_code == 303
    assert sign_in(http, tokens["ada"]).status_code == 401
    assert sign_in(http, token).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "HERE"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "HERE"}, 303),
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout", "/assignments/deep-learning-1/submissions"])
def test_another_site_cannot_send_a_form(
    http: httpx.Client, tokens: dict[str, str], headers: dict[str, str], status: int, path: str
) -> None:
    sign_in(http, tokens["ada"])
    sent = {name: value.replace("HERE", here(http)["Origin"]) for name, value in headers.items()}
    form = {"token": tokens["ada"]} if path == "/login" else {}
    files = {"notebook": ("w.ipynb", notebook("x = 1"))} if "submissions" in path else None
    assert http.post(path, data=form, files=files, headers=sent).status_code == status


def test_a_cookie_opens_the_interface_for_programs_to_reading_and_to_nobody_elses_writing(
    http: httpx.Client, tokens: dict[str, str]
) -> None:
    sign_in(http, tokens["emmy"])
    path = "/api/v1/assignments/deep-learning-1/gradebook.csv"
    assert http.get(path).status_code == 200
    upload = "/api/v1/assignments/deep-learning-1/submissions"
    assert http.post(upload, files={"notebook": notebook("x = 1")}).status_code == 403
    assert http.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_students_see_their_teams_submissions_alone_and_staff_all(http: httpx.Client, tokens: dict[str, str]) -> None:
    sign_in(http, tokens["ada"])
    page = hand_in(http, "of-ada.ipynb").headers["location"]
    assert "number 1 in the queue" in text_of(http.get(page)) or "running" in text_of(http.get(page))
    for who, sees in (("alan", True), ("grace", False), ("emmy", True)):
        http.cookies.clear()
        sign_in(http, tokens[who])
        assert ("of-ada.ipynb" in text_of(http.get("/"))) == sees
        assert http.get(page).status_code == (200 if sees else 404)
        assert http.post(f"{page}/regrade", headers=here(http)).status_code == (409 if who == "emmy" else 403)


def test_what_went_wrong_is_said_on_a_page(http: httpx.Client, tokens: dict[str, str]) -> None:
    sign_in(http, tokens["ada"])
    files = {"notebook": ("w.ipynb", b"{")}
    answer = http.post("/assignments/deep-learning-1/submissions", files=files, headers=here(http))
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "JSON" in text_of(answer)
    assert "no assignment" in text_of(
        http.post("/assignments/other/submissions", files={"notebook": notebook("x = 1")}, headers=here(http))
    )


def test_staff_grade_by_hand_and_the_history_says_who(
    http: httpx.Client, tokens: dict[str, str], engine: Engine
) -> None:
    sign_in(http, tokens["ada"])
    page = hand_in(http).headers["location"]
    assert wait_until(lambda: len(engine.open) == 1)
    engine.open.pop().set_result(grading(4.0))
    assert wait_until(lambda: "4" in text_of(http.get(page)) and "points" in text_of(http.get(page)))
    form = {"points": "2.5", "comment": "clear <b>names</b>"}
    assert http.post(f"{page}/items/m", data=form, headers=here(http)).status_code == 403
    http.cookies.clear()
    sign_in(http, tokens["emmy"])
    assert http.post(f"{page}/items/m", data=form, headers=here(http)).headers["location"] == page
    shown = http.get(page)
    assert "clear <b>names</b>" not in shown.text
    assert "manual: m, 2.5 points emmy@example.org" in text_of(shown)
    assert http.post(f"{page}/items/m", data={"points": "99"}, headers=here(http)).status_code == 422
    assert http.post(f"{page}/regrade", headers=here(http)).headers["location"] == page
    assert wait_until(lambda: len(engine.open) == 1)
    engine.open.pop().set_result(grading(5.0))
    assert wait_until(lambda: "regrade emmy@example.org" in text_of(http.get(page)))
    assert "7.5 of" in text_of(http.get(page))


def test_a_failure_of_the_machine_is_told_to_students_without_its_words(
    http: httpx.Client, tokens: dict[str, str], engine: Engine
) -> None:
    sign_in(http, tokens["ada"])
    page = hand_in(http).headers["location"]
    assert wait_until(lambda: len(engine.open) == 1)
    engine.open.pop().set_exception(AssertionError("secret words"))
    for _ in range(2):
        assert wait_until(lambda: len(engine.open) == 1)
        engine.open.pop().set_exception(AssertionError("secret words"))
    assert wait_until(lambda: "costs nothing" in text_of(http.get(page)))
    assert "secret words" not in http.get(page).text


def test_every_answer_is_for_this_site_alone(http: httpx.Client, tokens: dict[str, str]) -> None:
    sign_in(http, tokens["ada"])
    for path in ("/", "/login", "/static/pages.css", "/healthz", "/api/v1/submissions/0", "/nothing"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path


def test_too_many_wrong_tokens_are_not_looked_at_and_a_right_one_is(http: httpx.Client, tokens: dict[str, str]) -> None:
    answers = [sign_in(http, f"wrong {number}").status_code for number in range(rates.WRONG_TOKENS.amount + 1)]
    assert answers == [*[401] * rates.WRONG_TOKENS.amount, 429]
    wrong = http.get("/api/v1/submissions/0", headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.headers["retry-after"]) == (429, "60")
    assert sign_in(http, tokens["ada"]).status_code == 303


@pytest.fixture(scope="module")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, dict[str, str]]]:
    """A browser before a service that grades, and everybody's tokens. What it complains of is an error."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("NO BROWSER: the pages were not tried; apt-get install chromium")
    store = open_store(tmp_path_factory.mktemp("browsed"))
    tokens = {email.partition("@")[0]: token for email, token in import_roster(store, ROSTER)}
    complaints: list[str] = []
    with serving(store) as http, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(base_url=str(http.base_url))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, tokens
        browser.close()
    store.engine.dispose()
    assert complaints == []


def test_a_student_hands_in_watches_and_reads(browsed: tuple[Page, dict[str, str]], tmp_path: Path) -> None:
    page, tokens = browsed
    work = tmp_path / "<img src=x onerror=alert(1)>.ipynb"
    work.write_bytes(notebook("x = 1", "import time\ntime.sleep(1)"))
    page.goto("/")
    page.get_by_label("token").fill(tokens["ada"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your notebook").set_input_files(work)
    page.get_by_role("button", name="Hand in").click()
    # the page comes to show the points by itself
    page.get_by_text("of 100 points").wait_for(timeout=60_000)
    assert page.get_by_role("heading", name="onerror").is_visible()
    page.get_by_role("link", name="The report with the notebook").click()
    page.get_by_text("The notebook, as the grader ran it").wait_for()


def test_staff_grade_by_hand_in_a_browser(browsed: tuple[Page, dict[str, str]]) -> None:
    page, tokens = browsed
    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_label("token").fill(tokens["emmy"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="onerror").click()
    line = page.locator("tr[id='format.code_quality']")
    line.get_by_text("Grade by hand").click()
    line.get_by_label("Points").fill("2.5")
    line.get_by_label("Comment").fill("clear names")
    line.get_by_role("button", name="Save").click()
    page.get_by_text("manual: format.code_quality, 2.5 points").wait_for()
    assert page.locator("tr[id='format.code_quality'] .comment").inner_text() == "clear names"


def test_what_waits_for_staff_stands_first_for_them_and_is_counted(
    http: httpx.Client, tokens: dict[str, str], store: Store, people: dict[str, User], engine: Engine
) -> None:
    """However many came later."""
    failed, *later = (upload_of(people["ada"], number) for number in range(overview.SHOWN + 1))
    row, _ = accept(store, failed, people["ada"], Policy())
    revisions.failed(store, row.id, "no kernel", again=False)
    for one in later:
        accept(store, one, people["ada"], Policy())
    sign_in(http, tokens["emmy"])
    assert f"/submissions/{row.id}" in http.get("/").text
    assert "grader_failed 1.0" in http.get("/metrics").text
    sign_in(http, tokens["ada"])
    assert f"/submissions/{row.id}" not in http.get("/").text


def upload_of(user: User, number: int) -> Upload:
    return Upload("deep-learning-1", user.team, "w.ipynb", notebook(f"x = {number}"), float(number))


def test_a_damaged_report_is_said_to_be_damaged_where_it_can_be_mended(
    http: httpx.Client, tokens: dict[str, str], store: Store, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(http, tokens["ada"])
    page = hand_in(http).headers["location"]
    assert wait_until(lambda: len(engine.open) == 1)
    engine.open.pop().set_result(grading())
    assert wait_until(lambda: "of 15 points" in text_of(http.get(page)))
    (revision,) = revisions.revisions(store, page.rpartition("/")[2])
    path_of(store.contents, revision.report_sha256).write_bytes(b"another")
    assert "is damaged" in text_of(http.get(page))
    assert http.get(f"/api/v1{page}/report").status_code == 500
    assert revision.report_sha256[:16] in caplog.text
    sign_in(http, tokens["emmy"])
    assert http.post(f"{page}/regrade", headers=here(http)).status_code == 303
    assert wait_until(lambda: len(engine.open) == 1)
    engine.open.pop().set_result(grading())
    assert wait_until(lambda: "of 15 points" in text_of(http.get(page)))
