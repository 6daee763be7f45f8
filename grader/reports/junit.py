"""Reports as JUnit's XML, for continuous integration: wrong answers are failures, what broke here are errors."""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from grader.records.report import CheckReport, ItemReport, Report
from grader.reports.feedback import UNDECIDED, why_failed
from grader.text import printable

NOT_XML = re.compile("[\ufffe\uffff]")
"""What is printable and yet no character of XML."""
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit_xml(reports: Mapping[str, Report]) -> str:
    """All of the reports, hidden checks included: for staff.

    By the name of each submission there is a suite for the grading as a whole, and one for each item; a case is a check.
    Points are properties of suites.
    """
    root = Element("testsuites", name="grader")
    for name, report in reports.items():
        root.extend(suites(name, report))
    for total in ("tests", "failures", "errors"):
        root.set(total, str(sum(int(suite.attrib[total]) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def suites(name: str, report: Report) -> Iterator[Element]:
    grading = case(name, "grading")
    if report.status == "failed":
        said = "; ".join(flag.message for flag in report.flags)
        outcome(grading, "error", "failed", f"{why_failed(report)} {said}")
    totals = {"score": report.score, "max_score": report.max_score, "pending_manual": report.pending_manual}
    flags = {f"flag {number}": f"{flag.id}: {flag.message}" for number, flag in enumerate(report.flags, start=1)}
    whole = suite(name, {**totals, **flags}, [grading])
    if report.execution is not None:
        whole.set("time", f"{report.execution.duration_s:.3f}")
    yield whole
    for item in report.items if report.status == "graded" else ():
        place = f"{name}.{item.id}"
        worth = {"status": item.status, "points": item.points, "max_points": item.max_points}
        cases = [check_case(place, check, item) for check in item.checks] or [item_case(place, item)]
        yield suite(place, worth, cases)


def suite(name: str, properties: Mapping[str, object], cases: list[Element]) -> Element:
    counts = {plural: str(sum(case.find(tag) is not None for case in cases)) for plural, tag in COUNTED.items()}
    result = Element("testsuite", {"name": xml_text(name), "tests": str(len(cases)), **counts})
    listed = SubElement(result, "properties")
    for key, value in properties.items():
        if value is not None:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            SubElement(listed, "property", name=xml_text(key), value=xml_text(text))
    result.extend(cases)
    return result


def case(place: str, name: str) -> Element:
    return Element("testcase", {"classname": xml_text(place), "name": xml_text(name)})


def check_case(place: str, check: CheckReport, item: ItemReport) -> Element:
    result = case(place, check.id)
    tag = {"failed": "failure", "error": "error", "skipped": "skipped"}.get(check.status)
    if tag is not None:
        outcome(result, tag, item.blame or "student", check.message)
    return result


def item_case(place: str, item: ItemReport) -> Element:
    """The case of an item without checks: a person judges it, this profile does not, or there are none yet."""
    result = case(place, "points")
    if item.status in UNDECIDED:
        outcome(result, "error" if item.status == "error" else "skipped", item.blame or "open", UNDECIDED[item.status])
    elif item.status != "passed":
        outcome(result, "failure", item.blame or "student", item.comment)
    return result


def outcome(case: Element, tag: str, kind: str, message: str) -> None:
    SubElement(case, tag, {"type": kind, "message": xml_text(message)})


def xml_text(text: str) -> str:
    return NOT_XML.sub("", printable(text))
