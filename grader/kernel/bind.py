"""Fits the arguments that a check offers to the parameters that a student's function really has."""

import inspect
from typing import Any

from .values import Unusable

Binding = tuple[list[Any], dict[str, Any]]
"""Positional and keyword arguments."""


def bindings(
    call: Any, given: int, offered: dict[str, Any], aliases: dict[str, str], orders: list[list[str]]
) -> list[Binding]:
    """The ways to call `call` that are worth trying, the likeliest first: one, unless its parameters are hidden.

    A decorator without `functools.wraps` hides them behind `*args, **kwargs`.
    """
    if not offered:
        return [([], {})]
    kinds = [parameter.kind for parameter in inspect.signature(call).parameters.values()]
    if kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        known: list[Binding] = [([offered[name] for name in order], {}) for order in reversed(orders)]
        return [([], offered), *(known or [(list(offered.values()), {})])]
    return [bind(call, given, offered, aliases, orders)]


def bind(call: Any, given: int, offered: dict[str, Any], aliases: dict[str, str], orders: list[list[str]]) -> Binding:
    """Positional and keyword arguments for `call` after its first `given` ones: by name (or alias), then by position.

    `orders` lists known orders of the arguments; the one with as many names as `call` has parameters fills what the
    names leave open, else the order in which the arguments are offered. Beside known orders, a parameter of another name
    that has a default is the student's own, and keeps it.
    """
    parameters = list(inspect.signature(call).parameters.values())
    kinds = {parameter.kind for parameter in parameters}
    own = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)][given:]
    source = {p.name: aliases.get(p.name, p.name) for p in own if aliases.get(p.name, p.name) in offered}
    open_ = [p for p in own if not orders or p.name in source or p.default is p.empty]
    order = next((order for order in orders if len(order) == len(open_)), list(offered))
    rest = [name for name in order if name not in source.values()]
    for parameter in open_:
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


def required_parameters(call: Any) -> int:
    """How many arguments `call` cannot do without."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return 0
    stars = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return sum(parameter.default is parameter.empty and parameter.kind not in stars for parameter in parameters)
