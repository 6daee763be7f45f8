"""A job on its way to another machine: JSON, with nothing in it that is secret or that machine's own matter."""

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pydantic import JsonValue, TypeAdapter, ValidationError

from grader import __version__
from grader.errors import InfrastructureFault
from grader.grading.job import Job
from grader.records.execution import Profile
from grader.records.notebook import Notebook
from grader.rubrics import folders_of, sha256_of
from grader.settings import Settings

OWN = frozenset({"root", "datasets", "secret", "database", "python", "engine", "image", "gpus"})
"""The settings that each machine has from its own environment."""


@dataclass(frozen=True)
class Likeness:
    """What two machines must have in common, so that they give the same notebook the same report."""

    version: str
    assignment: str
    """A digest of the assignment's files."""
    secret: str
    """A digest that only who has the course's secret can make, another one for each submission."""


@dataclass(frozen=True)
class Errand:
    notebook: Notebook
    filename: str
    assignment: str
    profile: Profile
    settings: Mapping[str, JsonValue]
    likeness: Likeness


ERRAND = TypeAdapter(Errand)
WORDS = {
    "version": "another version of the grader",
    "assignment": "other files of the assignment",
    "secret": "another GRADER_SECRET",
}


def written(job: Job) -> bytes:
    settings = job.settings.model_dump(mode="json", exclude=set(OWN))
    likeness = likeness_of(job.settings, job.assignment, job.notebook.sha256)
    return ERRAND.dump_json(Errand(job.notebook, job.filename, job.assignment, job.profile, settings, likeness))


def taken_on(errand: bytes, gpus: str) -> Job:
    """The job, with this machine's own settings and the `gpus` that it may use here.

    Raises InfrastructureFault where this machine would not give the report that is asked for.
    """
    try:
        asked = ERRAND.validate_json(errand)
        settings = Settings.model_validate({**asked.settings, "gpus": gpus})
    except ValidationError as error:
        wrong = ", ".join(str(detail["loc"][0]) for detail in error.errors())
        raise InfrastructureFault(f"a node has senseless settings, or another grader: {wrong}") from error
    here = likeness_of(settings, asked.assignment, asked.notebook.sha256)
    if here != asked.likeness:
        other = [WORDS[name] for name, found in asdict(here).items() if found != getattr(asked.likeness, name)]
        raise InfrastructureFault(f"a node has {', '.join(other)}")
    return Job(asked.notebook, asked.filename, asked.assignment, settings, asked.profile)


def likeness_of(settings: Settings, assignment: str, sha256: str) -> Likeness:
    key = hmac.digest(settings.secret.get_secret_value().encode(), b"likeness", "sha256")
    return Likeness(
        __version__,
        sha256_of(*folders_of(settings.root, assignment)),
        hmac.new(key, sha256.encode(), "sha256").hexdigest(),
    )
