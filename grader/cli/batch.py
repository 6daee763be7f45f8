"""`grader batch`: everybody's notebooks, and what a teaching assistant takes back."""

from pathlib import Path

from grader.batch.alike import alike, similarity_csv
from grader.batch.authors import authors_of
from grader.batch.cohort import cohort
from grader.batch.exports import Platform, exports, look_at
from grader.batch.handed import HandedIn
from grader.batch.intake import intake
from grader.batch.keep import Version
from grader.batch.page import page
from grader.batch.result import Result
from grader.batch.run import Task, run
from grader.batch.summary import SUMMARY, summary
from grader.batch.teams import in_teams
from grader.cli.display import display
from grader.cli.options import EngineName, engine_of
from grader.errors import BadSource, InfrastructureFault
from grader.records.execution import Profile
from grader.reports.files import clear_drafts, replace_whole, write_whole
from grader.roster import entries
from grader.rubrics import folders_of, load_rubric, sha256_of
from grader.settings import Settings

SIMILARITY, COHORT = "similarity.csv", "cohort.html"


def batch(
    source: Path,
    assignment: str,
    output: Path,
    profile: Profile,
    engine: EngineName,
    at_once: int,
    resume: bool,
    platform: Platform,
    roster: str,
    settings: Settings,
) -> tuple[list[Result], list[str]]:
    """Grade everybody in `source`; the results, and sentences about those whom a platform's table does not hold.

    What is there when it is interrupted is in the summary too. `roster` is a table of people, or "". Raises BadSource,
    BadGradebook, BadRoster, AssignmentError, what `engine_of` raises, and InfrastructureFault where nothing can be written.
    """
    rubric, sha256 = load_rubric(settings.root, assignment)
    look_at(platform, rubric)
    listed, handed = list(entries(roster)) if roster else [], intake(source, assignment)
    everybody = in_teams(handed, authors_of(handed, rubric, settings.root), listed)
    _, reference = folders_of(settings.root, assignment)
    task = Task(rubric, Version(assignment, sha256, sha256_of(reference), profile), settings, at_once)
    results: list[Result] = []
    try:
        prepare(output, resume)
        try:
            with (
                engine_of(engine, at_once, warm=len(everybody) > 1) as opened,
                opened() as submit,
                display(len(everybody)) as shown,
            ):
                for result in run(everybody, task, submit, output, resume, shown.tell):
                    results.append(result)
                    shown.ended(result)
        finally:
            write_whole(output / SUMMARY, summary([*results, *unfinished(everybody, results)]))
        files, remarks = exports(results, rubric, output, platform)
        for name, data in files.items():
            replace_whole(output / name, data, output, 0o644)
        # last, as it takes longest
        pairs = alike(results, output, settings.root, assignment)
        write_whole(output / SIMILARITY, similarity_csv(pairs))
        write_whole(output / COHORT, page(rubric.title, cohort(results), pairs))
    except OSError as error:
        raise InfrastructureFault(f"{output} cannot be written: {error.strerror}.") from error
    return results, remarks


def text_of(path: Path | None) -> str:
    """A table that a platform gave, whose byte order mark stays; "" for none. Raises BadSource."""
    try:
        return path.read_bytes().decode("utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"{path} cannot be read: {error}.") from error


def prepare(output: Path, resume: bool) -> None:
    """A folder that holds other things is not written into by mistake."""
    output.mkdir(parents=True, exist_ok=True)
    if not resume and any(output.iterdir()):
        raise BadSource(f"{output} is not empty: --resume goes on with a batch that is there.")
    clear_drafts(output, *output.iterdir())


def unfinished(everybody: list[HandedIn], results: list[Result]) -> list[Result]:
    done = {result.handed.key for result in results}
    return [Result(handed, None, "Not graded yet.") for handed in everybody if handed.key not in done]
