"""Modules out of source text alone."""

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from grader.execution.inject import source

PACKAGE = "grader_test_load"


@pytest.fixture
def load() -> Iterator[Any]:
    """`load.load`, as a kernel gets it; what it made is forgotten afterwards."""
    loader = types.ModuleType("loader")
    exec(compile(source("load"), "<loader>", "exec"), loader.__dict__)
    yield loader.load
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_modules_import_each_other_in_order_and_the_last_comes_back(load: Any) -> None:
    last = load(PACKAGE, [("first", "value = 6"), ("second", "from .first import value\nanswer = 7 * value")])

    assert last.answer == 42
    assert last is sys.modules[f"{PACKAGE}.second"]
    assert sys.modules[f"{PACKAGE}.first"].value == 6


def test_each_module_knows_its_name_and_package(load: Any) -> None:
    module = load(PACKAGE, [("first", "name, package = __name__, __package__\nclass Thing: pass")])

    assert (module.name, module.package) == (f"{PACKAGE}.first", PACKAGE)
    assert module.Thing.__module__ == f"{PACKAGE}.first"


def test_a_module_that_is_not_loaded_is_not_looked_for_on_disk(load: Any) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"{PACKAGE}.bind"):
        load(PACKAGE, [("first", "from .bind import bind")])


def test_an_error_names_the_module_and_the_line(load: Any) -> None:
    with pytest.raises(ZeroDivisionError) as failure:
        load(PACKAGE, [("first", "value = 1\nvalue / 0")])

    last = failure.traceback[-1]
    assert (str(last.path), last.lineno) == (f"<{PACKAGE}.first>", 1)
