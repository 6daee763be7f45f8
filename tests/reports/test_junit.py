"""XML that continuous integration reads: the rules of `junit-10.xsd` are written here as tables."""

import re
from xml.etree.ElementTree import Element, fromstring

import pytest

from grader.records.report import CheckReport, FlagReport, ItemReport, Report
from grader.reports.junit import junit_xml

RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url", "version"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": ({"skipped", "error", "failure", "system-out", "system-err"}, {"name"}, {"time", "classname", "group"}),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
    "skipped": (set(), set(), {"type", "message"}),
}
"""Children, attributes that are needed, and attributes that may be."""
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def valid(text: str) -> Element:
    root = fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        children, needed, allowed = RULES[element.tag]
        assert {child.tag for child in element} <= children
        assert needed <= set(element.attrib) <= needed | allowed
        assert TIME.fullmatch(element.attrib.get("time", ""))
        assert element.tag in ("testcase", "failure", "error") or not (element.text or "").strip()
    return root


def item(status: str, *checks: CheckReport, points: float | None = None, comment: str = "") -> ItemReport:
    return ItemReport.model_validate(
        {
            "id": "q",
            "title": "Q",
            "points": points,
            "max_points": 2,
            "status": status,
            "blame": None,
            "comment": comment,
        }
        | {"checks": checks}
    )


def outcomes(report: Report, *items: ItemReport) -> dict[str, str]:
    root = valid(junit_xml({"ada": report.model_copy(update={"items": items})}))
    return {case.attrib["name"]: "".join(child.tag for child in case) for case in root.iter("testcase")}


def test_each_item_is_a_suite_with_its_points_and_counts(report: Report) -> None:
    root = valid(junit_xml({"ada": report, "נועה": report}))

    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites)[:5] == ["ada", "ada.a", "ada.b", "ada.c", "ada.d"]
    assert "נועה.b" in suites
    properties = {p.attrib["name"]: p.attrib["value"] for p in suites["ada.b"].iter("property")}
    assert properties == {"status": "failed", "points": "0", "max_points": "3"}
    assert {p.attrib["name"] for p in suites["ada.d"].iter("property")} == {"status", "max_points"}
    counts = {
        name: [suite.attrib[k] for k in ("tests", "failures", "errors", "skipped")] for name, suite in suites.items()
    }
    assert counts["ada.b"] == ["1", "1", "0", "0"]
    assert counts["ada.c"] == ["1", "0", "1", "0"]
    assert counts["ada.d"] == ["1", "0", "0", "1"]
    assert [root.attrib[k] for k in ("tests", "failures", "errors")] == ["10", "2", "2"]
    assert suites["ada"].attrib["time"] == "3.000"


@pytest.mark.parametrize(
    ("status", "tag"), [("passed", ""), ("failed", "failure"), ("error", "error"), ("skipped", "skipped")]
)
def test_each_check_is_a_case_hidden_ones_too(report: Report, status: str, tag: str) -> None:
    check = CheckReport.model_validate(
        {"id": "c", "status": status, "weight": 1, "message": "m", "visibility": "hidden"}
    )

    assert outcomes(report, item("partial", check, points=1)) == {"grading": "", "c": tag}


@pytest.mark.parametrize(
    ("status", "points", "tag"),
    [
        ("manual", None, "skipped"),
        ("pending", None, "skipped"),
        ("error", None, "error"),
        ("passed", 2, ""),
        ("partial", 1, "failure"),
        ("failed", 0, "failure"),
    ],
)
def test_an_item_without_checks_is_a_case_itself(report: Report, status: str, points: float | None, tag: str) -> None:
    assert outcomes(report, item(status, points=points)) == {"grading": "", "points": tag}


def test_what_a_person_said_is_the_message(report: Report) -> None:
    graded = item("partial", points=1, comment="Half right.")

    root = valid(junit_xml({"ada": report.model_copy(update={"items": (graded,)})}))

    assert [failure.attrib["message"] for failure in root.iter("failure")] == ["Half right."]


def test_a_failed_grading_is_an_error_and_nobodys_wrong_answer(report: Report) -> None:
    flag = FlagReport(id="grading_failed", severity="warning", message="No kernel could be started.", evidence="")
    broken = report.model_copy(update={"status": "failed", "execution": None, "flags": (flag,)})

    root = valid(junit_xml({"ada": broken}))

    assert [root.attrib[k] for k in ("tests", "failures", "errors")] == ["1", "0", "1"]
    assert "No kernel could be started." in next(root.iter("error")).attrib["message"]
    assert {p.attrib["name"] for p in root.iter("property")} >= {"score", "flag 1"}


@pytest.mark.parametrize(
    "text", ["\x00\x1b[31m\x08", "\ud800", "\ufffe\uffff", "]]>&<\"'", "שלום\n\ttwo", "\x85\u2028"]
)
def test_any_text_is_written_as_xml(report: Report, text: str) -> None:
    check = CheckReport(id=text or "c", status="failed", weight=1, message=f"a{text}z", visibility="visible")

    root = valid(junit_xml({f"n{text}": report.model_copy(update={"items": (item("failed", check, points=0),)})}))

    message = next(root.iter("failure")).attrib["message"]
    assert (message[0], message[-1]) == ("a", "z")
    assert "]]>" not in text or message == f"a{text}z"
    junit_xml({text: report}).encode()


def test_no_reports_are_no_suites() -> None:
    assert list(valid(junit_xml({}))) == []
