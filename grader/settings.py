"""The settings table; nothing else reads the environment."""

import sys
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field can be set by an environment variable `GRADER_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="GRADER_", frozen=True)

    root: Path = Path(__file__).resolve().parent.parent
    """The folder with `rubrics/`, `reference/` and `submissions/`."""
    datasets: Path = platformdirs.user_cache_path("grader") / "datasets"
    """Where prepared data lies."""
    data: Literal["auto", "small", "full"] = "auto"
    """The data set's size that notebooks run with; `auto` is small, and full where a notebook depends on the true sizes."""
    secret: SecretStr = SecretStr("not secret: set GRADER_SECRET")
    """The course's secret: hidden inputs are drawn from it, so a published one makes them guessable."""
    database: SecretStr = SecretStr("")
    """The URL of the service's database, as SQLAlchemy has it; without one it is an SQLite file in the service's folder."""
    sandbox: str = "bubblewrap"
    python: str = sys.executable
    """The Python that kernels run with; in a container, the grader's own is shown to the image, another is the image's."""
    engine: str = "docker"
    """The container engine's command, with the options that go before its verbs."""
    image: str = "deep-learning-grader-kernel"
    """What containers are made of."""
    gpus: str = Field(default="", pattern=r"^(all|\d+(,\d+)*)?$")
    """The GPUs that kernels are given, one each: none, `all`, or numbers as in `0,2`."""
    kernels_per_gpu: int = Field(default=1, gt=0)
    """How many kernels may share a GPU, each with its part of the memory."""
    cell_seconds: float = Field(default=600, gt=0)
    """Longest run of one cell."""
    total_seconds: float = Field(default=3600, gt=0)
    """Longest run of all cells together."""
    call_seconds: float = Field(default=20, gt=0)
    """Longest run of one call that a check makes into the student's kernel."""
    item_seconds: float = Field(default=120, gt=0)
    """Longest run of all calls together that the checks of one item make."""
    memory_bytes: int = Field(default=4 << 30, gt=0)
    """Memory of all processes of a sandbox together, with what its writable folders hold."""
    grading_seconds: float = Field(default=2 * 3600, gt=0)
    """Longest run of all else in a grading, checks and fresh kernels: none comes near it unless the grader hangs."""
    grading_bytes: int = Field(default=2 << 30, ge=1 << 30)
    """Memory of the process out here that talks to a sandbox: one for each grading."""
    work_bytes: int = Field(default=1 << 30, gt=0)
    """Size of the student's writable folders together."""
    shm_bytes: int = Field(default=256 << 20, gt=0)
    processes: int = Field(default=512, gt=0)
    threads: int = Field(default=2, gt=0)
    """Threads that torch and BLAS use inside the sandbox."""
