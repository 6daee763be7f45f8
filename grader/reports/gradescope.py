"""The file `results/results.json` of an autograder on Gradescope."""

import json
from collections.abc import Collection

from grader.records.report import ItemReport, Report
from grader.records.rubric import Visibility
from grader.reports.feedback import remarks, why_failed
from grader.reports.view import ALWAYS, seen, student_view
from grader.reports.words import summary

Json = dict[str, object]


def results_json(report: Report, shown: Collection[Visibility] = ALWAYS, remark: str = "") -> str:
    """The report as Gradescope shows it: a test for each item, with the sentences of the checks that are `shown`.

    All tests are visible, because a hidden one with points hides the total. What is for staff is in `extra_data`, which
    students never see. A failed grading has no tests, and says whose doing it is. `remark` is for the student, too.
    """
    failed = report.status == "failed"
    view = student_view(report, shown)
    told = (
        [why_failed(report)]
        if failed
        else [summary(report), *filter(None, [remark]), *(flag.message for flag in view.flags)]
    )
    tests = [] if failed else [test_of(item, shown) for item in report.items]
    results = results_with(report.score, "\n".join(told), tests)
    results["extra_data"] = report.model_dump(
        mode="json", include={"schema_version", "assignment", "status", "submission", "flags", "environment"}
    )
    if report.execution is not None:
        results["execution_time"] = round(report.execution.duration_s, 3)
    return json.dumps(results, indent=2, allow_nan=False)


def refused_json(sentence: str) -> str:
    """The file for a submission that has no report: no points, and why."""
    return json.dumps(results_with(0, sentence, []), indent=2)


def results_with(score: float, output: str, tests: list[Json]) -> Json:
    return {
        "score": score,
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def test_of(item: ItemReport, shown: Collection[Visibility]) -> Json:
    told = "\n".join(remarks(seen(item, shown)))
    result: Json = {
        "name": f"{item.id}: {item.title}",
        "output": told or "Passed.",
        "visibility": "visible",
        "extra_data": item.model_dump(mode="json", include={"id", "status", "blame", "checks"}),
    }
    if item.points is None:
        return {**result, "name": f"{result['name']} ({item.max_points:g} points, open)"}
    status = "passed" if item.points >= item.max_points else "failed"
    return {**result, "score": item.points, "max_score": item.max_points, "status": status}
