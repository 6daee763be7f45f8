"""The same files as a folder and as a zip."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.batch.sources import Make, laid, saved, zipped


@pytest.fixture(params=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def made(files: Mapping[str, bytes]) -> Path:
        if request.param == "zip":
            return saved(tmp_path / "all.zip", zipped(files))
        return laid(tmp_path / "all", files)

    return made
