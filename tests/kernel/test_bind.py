"""Arguments find their parameters: by name, by alias, then by position. Judged by what the function really receives."""

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from grader.execution.inject import PACKAGE, local_agent

GRADIENTS = (
    ("net", "x", "loss"),
    ("net", "x", "y_hat", "loss"),
    ("net", "x", "y", "y_hat", "loss"),
)
"""Orders of an argument list that exists with three, four and five names."""
OFFERED = {name: f"the {name}" for name in ("net", "x", "y", "y_hat", "loss")}


@pytest.fixture(scope="module", autouse=True)
def agent() -> None:
    """Loads the kernel's modules into this process."""
    local_agent({})


def receive(
    call: Callable[..., Any],
    offered: Mapping[str, Any],
    given: Sequence[Any] = (),
    aliases: Mapping[str, str] | None = None,
    orders: Sequence[Sequence[str]] = (),
) -> Any:
    """What `call` returns for the arguments that `bind` chooses."""
    bind = sys.modules[f"{PACKAGE}.bind"].bind
    positional, keywords = bind(call, len(given), dict(offered), aliases or {}, orders)
    return call(*given, *positional, **keywords)


def unusable() -> type[Exception]:
    kind: type[Exception] = sys.modules[f"{PACKAGE}.values"].Unusable
    return kind


def test_names_come_before_positions() -> None:
    def function(b: Any, a: Any) -> Any:
        return {"a": a, "b": b}

    assert receive(function, {"a": 1, "b": 2}) == {"a": 1, "b": 2}


def test_an_alias_is_as_good_as_the_name() -> None:
    def function(model: Any, inputs: Any) -> Any:
        return model, inputs

    aliases = {"inputs": "x", "model": "net"}
    assert receive(function, {"x": 1, "net": 2}, aliases=aliases) == (2, 1)


def test_an_alias_of_something_that_is_not_offered_counts_for_nothing() -> None:
    def function(model: Any) -> Any:
        return model

    assert receive(function, {"x": 1}, aliases={"model": "net"}) == 1


def test_unknown_names_are_filled_in_the_order_of_the_offer() -> None:
    def function(first: Any, second: Any) -> Any:
        return first, second

    assert receive(function, {"b": 1, "a": 2}) == (1, 2)


def test_a_position_gets_what_no_name_has_taken() -> None:
    def function(thing: Any, net: Any, other: Any) -> Any:
        return thing, net, other

    assert receive(function, {"net": 1, "x": 2, "loss": 3}) == (2, 1, 3)


@pytest.mark.parametrize(
    ("function", "received"),
    [
        (lambda a, b, c: (a, b, c), ("net", "x", "loss")),
        (lambda a, b, c, d: (a, b, c, d), ("net", "x", "y_hat", "loss")),
        (lambda a, b, c, d, e: (a, b, c, d, e), ("net", "x", "y", "y_hat", "loss")),
    ],
    ids=["three", "four", "five"],
)
def test_the_order_is_the_one_with_as_many_names_as_there_are_parameters(
    function: Callable[..., Any], received: Sequence[str]
) -> None:
    assert receive(function, OFFERED, orders=GRADIENTS) == tuple(f"the {name}" for name in received)


def test_an_order_fills_only_what_the_names_leave_open() -> None:
    def function(a: Any, y_hat: Any, b: Any, net: Any) -> Any:
        return a, y_hat, b, net

    assert receive(function, OFFERED, orders=GRADIENTS) == ("the x", "the y_hat", "the loss", "the net")


def test_without_an_order_of_that_length_the_offer_is_the_order() -> None:
    def function(a: Any, b: Any) -> Any:
        return a, b

    assert receive(function, {"net": 1, "x": 2, "loss": 3}, orders=GRADIENTS) == (1, 2)


def test_what_is_given_already_takes_the_first_parameters() -> None:
    def function(x: Any, net: Any, a: Any, b: Any) -> Any:
        return x, net, a, b

    received = receive(function, {"x": 1, "net": 2}, given=("first", "second"), orders=[("net", "x")])
    assert received == ("first", "second", 2, 1)


def test_star_args_get_everything_in_the_order_of_the_offer() -> None:
    def function(*args: Any) -> Any:
        return args

    assert receive(function, {"net": 1, "x": 2, "loss": 3}, given=(0,)) == (0, 1, 2, 3)


def test_star_args_get_what_the_names_before_them_leave() -> None:
    def function(x: Any, *rest: Any) -> Any:
        return x, rest

    assert receive(function, {"net": 1, "x": 2, "loss": 3}) == (2, (1, 3))


def test_star_args_are_left_alone_by_a_default_that_is_not_offered() -> None:
    def function(net: Any, scale: Any = 1.5, *rest: Any) -> Any:
        return net, scale, rest

    assert receive(function, {"net": 1}) == (1, 1.5, ())


def test_star_kwargs_get_the_rest_by_name() -> None:
    def function(x: Any, **rest: Any) -> Any:
        return x, rest

    assert receive(function, {"net": 1, "x": 2, "loss": 3}) == (2, {"net": 1, "loss": 3})


def test_star_args_and_star_kwargs_get_nothing_twice() -> None:
    def function(*args: Any, **keywords: Any) -> Any:
        return [*args, *keywords.values()]

    assert receive(function, {"net": 1, "x": 2}) == [1, 2]


def test_keyword_only_parameters_are_filled_by_name() -> None:
    def function(net: Any, *, lr: Any, momentum: Any = 0.9) -> Any:
        return net, lr, momentum

    assert receive(function, {"lr": 0.1, "net": 1}) == (1, 0.1, 0.9)


def test_keyword_only_parameters_after_star_args_are_filled_by_name() -> None:
    def function(*args: Any, lr: Any) -> Any:
        return args, lr

    assert receive(function, {"net": 1, "lr": 0.1}) == ((1,), 0.1)


def test_keyword_only_parameters_are_never_filled_by_position() -> None:
    def function(net: Any, *, step: Any) -> Any:
        return net, step

    with pytest.raises(unusable(), match="step"):
        receive(function, {"net": 1, "lr": 0.1})


def test_positional_only_parameters_are_filled_by_name_and_by_position() -> None:
    def function(a: Any, net: Any, /, x: Any) -> Any:
        return a, net, x

    assert receive(function, {"net": 1, "x": 2, "loss": 3}) == (3, 1, 2)


def test_a_positional_only_parameter_keeps_its_place_behind_a_default() -> None:
    def function(scale: Any = 1.5, net: Any = None, /) -> Any:
        return scale, net

    assert receive(function, {"net": 1}) == (1.5, 1)


def test_a_missing_argument_is_named() -> None:
    def function(net: Any, x: Any, temperature: Any) -> Any:
        return net, x, temperature

    with pytest.raises(unusable(), match=r"temperature$"):
        receive(function, {"net": 1, "x": 2})


def test_a_default_is_not_missing() -> None:
    def function(net: Any, temperature: Any = 7) -> Any:
        return net, temperature

    assert receive(function, {"net": 1}) == (1, 7)


def test_what_a_function_does_not_take_is_left_out() -> None:
    def function(net: Any) -> Any:
        return net

    assert receive(function, {"x": 1, "net": 2}) == 2


class Callables:
    def __init__(self, in_features: Any, out_features: Any):
        self.sizes = in_features, out_features

    def method(self, x: Any, net: Any) -> Any:
        return net, x

    def __call__(self, loss: Any, net: Any) -> Any:
        return net, loss


def test_classes_methods_objects_and_partials_have_the_parameters_that_are_left_to_fill() -> None:
    assert receive(Callables, {"out_features": 3}, given=(5,)).sizes == (5, 3)
    callables = Callables(5, 3)
    assert receive(callables.method, {"net": 1, "x": 2}) == (1, 2)
    assert receive(callables, {"net": 1, "loss": 2}) == (1, 2)
    assert receive(functools.partial(callables.method, 7), {"net": 1, "x": 2}) == (1, 7)


def test_the_names_of_parameters() -> None:
    names = sys.modules[f"{PACKAGE}.bind"].parameter_names
    assert names(Callables) == ["in_features", "out_features"]
    assert names(lambda x, *args, key=1, **more: None) == ["x", "*args", "key", "**more"]
    assert names(eval(f"lambda {'x' * 1000}: None")) == ["x" * 200]
    assert names(5) is None
    assert names(type) is None
