"""Fits the arguments that a check offers to the parameters that a student's function really has."""

import inspect
from typing import Any

from .values import Unusable


def bind(
    call: Any, given: int, offered: dict[str, Any], aliases: dict[str, str], orders: list[list[str]]
) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments for `call` after its first `given` ones: by name (or alias), then by position.

    `orders` lists known orders of the arguments; the one with as many names as `call` has parameters fills what the
    names leave open, else the order in which the arguments are offered.
    """
    parameters = list(inspect.signature(call).parameters.values())
    kinds = {parameter.kind for parameter in parameters}
    own = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)][given:]
    source = {p.name: aliases.get(p.name, p.name) for p in own if aliases.get(p.name, p.name) in offered}
    order = next((order for order in orders if len(order) == len(own)), list(offered))
    rest = [name for name in order if name not in source.values()]
    for parameter in own:
        if parameter.name not in source and rest and parameter.kind is not parameter.KEYWORD_ONLY:
            source[parameter.name] = rest.pop(0)
    unknown = [p.name for p in own if p.name not in source and p.default is p.empty]
    if unknown:
        raise Unusable(f"it needs arguments that the assignment does not name: {', '.join(unknown)}")
    found = {name: offered[wanted] for name, wanted in source.items()}
    if inspect.Parameter.VAR_KEYWORD in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        found |= {name: offered[name] for name in rest}
    before_star = [p for p in own if p.kind is not p.KEYWORD_ONLY]
    if inspect.Parameter.VAR_POSITIONAL in kinds and all(p.name in found for p in before_star):
        return [found.pop(p.name) for p in before_star] + [offered[name] for name in rest], found
    only = [p for p in own if p.kind is p.POSITIONAL_ONLY]
    while only and only[-1].name not in found:
        only.pop()
    return [found.pop(p.name, p.default) for p in only], found


def parameter_names(call: Any) -> list[str] | None:
    """The names of `call`'s parameters, `*args` and `**kwargs` with their stars; None where they cannot be read."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return None
    # written out, a parameter begins with its stars
    return [f"{'*' * str(parameter).count('*', 0, 2)}{parameter.name}"[:200] for parameter in parameters]
