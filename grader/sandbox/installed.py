"""The Python environment that student code gets to read, and where this very project lies in it."""

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


def own_python() -> list[str]:
    """The folders of the Python that runs this, but for /usr."""
    return [path for path in dict.fromkeys((sys.base_prefix, sys.prefix)) if path != "/usr"]


def distribution_paths(name: str) -> list[Path]:
    """The files and top-level folders that installing the distribution `name` put into this environment."""
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        return []
    site = Path(str(installed.locate_file("")))
    paths = []
    for file in installed.files or []:
        first = site / file.parts[0]
        # scripts lie outside of site-packages and are listed as ../../../bin/...
        path = Path(str(installed.locate_file(file))).resolve() if file.parts[0] == ".." else first
        if path.exists() and path not in paths:
            paths.append(path)
    return paths
