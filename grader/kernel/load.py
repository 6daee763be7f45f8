"""Turns the other files of this folder into modules of a kernel that cannot see them on disk."""

import sys
import types


def load(package: str, sources: list[tuple[str, str]]) -> types.ModuleType:
    """Make `package` out of (name, source) pairs, in order; relative imports between them work. Returns the last."""
    root = types.ModuleType(package)
    root.__path__ = []
    sys.modules[package] = root
    module = root
    for name, source in sources:
        module = types.ModuleType(f"{package}.{name}")
        module.__package__ = package
        sys.modules[module.__name__] = module
        exec(compile(source, f"<{module.__name__}>", "exec"), module.__dict__)
    return module
