"""The probe agent, as source text for a kernel and as a live object for the reference."""

import sys
import types
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

PACKAGE = "grader_probe"
SURROUNDINGS = ("fetch", "bootstrap", "figures")
AGENT = ("values", "watch", "bind", "agent")
"""What a kernel gets, in the order of its imports; the reference needs the agent alone."""


def source(name: str) -> str:
    return (files("grader") / "kernel" / f"{name}.py").read_text(encoding="utf-8")


def prelude() -> str:
    """What loads the agent and lets torchvision be imported: the same for all kernels."""
    sources = [(name, source(name)) for name in (*SURROUNDINGS, *AGENT)]
    return (
        f"{source('load')}\n"
        f"agent = load({PACKAGE!r}, {sources!r})\n"
        f"agent.keep_alive = sys.modules['{PACKAGE}.bootstrap'].make_importable()\n"
    )


def statement(data_root: str, gpu_part: float = 1.0) -> str:
    """One statement that prepares a kernel and starts its agent, and leaves no name behind."""
    script = (
        "import sys\n"
        f"if {PACKAGE!r} not in sys.modules:\n"
        f"    exec(compile({prelude()!r}, '<grader>', 'exec'), {{}})\n"
        f"sys.modules['{PACKAGE}.bootstrap'].start({data_root!r}, {gpu_part!r})\n"
        "from IPython import get_ipython\n"
        f"sys.modules['{PACKAGE}.figures'].record_figures(get_ipython())\n"
        f"sys.modules['{PACKAGE}.agent'].serve(get_ipython())\n"
    )
    return f"exec(compile({script!r}, '<grader>', 'exec'), {{}})"


def local_agent(
    namespace: Mapping[str, Any], surroundings: str = "undisturbed"
) -> Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]:
    """The agent over a namespace of this process: the same code, for code that is trusted.

    Surroundings that are only `seeded` take a third of the time, and leave this process's generators as they were left.
    """
    loader = types.ModuleType("loader")
    exec(compile(source("load"), "<loader>", "exec"), loader.__dict__)  # noqa: S102 - our own source
    agent = loader.load(PACKAGE, [(name, source(name)) for name in AGENT])
    around = getattr(sys.modules[f"{PACKAGE}.watch"], surroundings)
    answer: Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]] = agent.Agent(
        lambda: namespace, around
    ).answer
    return answer
