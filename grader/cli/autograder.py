"""`grader gradescope`: the one submission that lies in Gradescope's folders."""

from pathlib import Path

from grader.batch.choose import Chosen, choose
from grader.batch.folder import folder_members
from grader.batch.layout import Work
from grader.batch.litter import tidied
from grader.engines.local import open_local
from grader.errors import BadNotebook, GraderError
from grader.grading.failure import failed_report
from grader.grading.job import Job
from grader.notebooks.read import read
from grader.records.execution import Profile
from grader.records.notebook import Notebook
from grader.records.report import Report
from grader.reports.files import write_whole
from grader.reports.gradescope import refused_json, results_json
from grader.rubrics import load_rubric
from grader.settings import Settings


def grade_submission(base: Path, assignment: str, profile: Profile, settings: Settings) -> None:
    """Grade the notebook in `base/submission`, and write `base/results/results.json`, whatever becomes of it.

    What is no gradable notebook gets no points and a sentence. Raises the GraderError of a grading that failed, and
    BadSource where there is no such folder.
    """
    results = base / "results" / "results.json"
    try:
        chosen, notebook = submitted(base / "submission", assignment)
    except BadNotebook as error:
        write_whole(results, refused_json(str(error)))
        return
    try:
        report = graded(Job(notebook, chosen.filename, assignment, settings, profile))
    except GraderError as error:
        items = load_rubric(settings.root, assignment)[0].items
        failed = failed_report(assignment, items, chosen.sha256, chosen.filename, error, settings.sandbox)
        write_whole(results, results_json(failed))
        raise
    write_whole(results, results_json(report, remark=chosen.remark))


def submitted(folder: Path, wanted: str) -> tuple[Chosen, Notebook]:
    """The notebook that is meant among what was handed in; raises BadNotebook."""
    chosen = choose([Work("", member) for member in tidied(folder_members(folder))], wanted)
    if chosen.read is None:
        raise BadNotebook(chosen.problem)
    return chosen, read(chosen.read())


def graded(job: Job) -> Report:
    with open_local(warm=False) as submit:
        return submit(job).result().report
