"""The generic module checks over small modules of this process: the agent is the one that runs in kernels."""

import numpy as np
import pytest
import torch
from torch import nn

from grader.checks import modules, signatures
from grader.errors import CheckFailed
from grader.execution.inject import local_agent
from grader.execution.student import Student


class Good(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.layers(x)
        return result


class Dropping(Good):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(super().forward(x), training=self.training)


class Normalising(Good):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.norm(super().forward(x))
        return result


class Detached(Good):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.layers[:2](x).detach()
        result: torch.Tensor = self.layers[2:](first)
        return result


class Wide(Good):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).repeat(1, 2)


class Broken(Good):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError("no way")


def student(module: object) -> Student:
    answer = local_agent({"Net": module})
    return Student(lambda request, blob, _: answer(request, blob))


def draw() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_good_module_passes_everything() -> None:
    face = student(Good)
    modules.output_shape(face, draw(), "Net", [1, 2, 2], [2])
    modules.parameter_count(face, "Net", 23, [1, 2, 2])
    modules.unregularised(face, draw(), "Net", [1, 2, 2])
    modules.gradients_arrive(face, draw(), "Net", [1, 2, 2], 2)


def test_output_shape_names_both_shapes() -> None:
    with pytest.raises(CheckFailed, match=r"\[1, 1, 2, 2\] into \[1, 2\], but gives \[1, 4\]"):
        modules.output_shape(student(Wide), draw(), "Net", [1, 2, 2], [2])


def test_a_failing_forward_is_quoted() -> None:
    with pytest.raises(CheckFailed, match="ValueError: no way"):
        modules.output_shape(student(Broken), draw(), "Net", [1, 2, 2], [2])


def test_a_class_that_cannot_be_built_is_quoted() -> None:
    with pytest.raises(CheckFailed, match="could not be built"):
        modules.build(student(nn.Linear), "Net")


def test_parameter_count_lists_the_shapes() -> None:
    with pytest.raises(
        CheckFailed, match=r"should have 24 trainable parameters, but has 23 .*\[3, 4\], \[3\], \[2, 3\], \[2\]"
    ):
        modules.parameter_count(student(Good), "Net", 24, [1, 2, 2])


@pytest.mark.parametrize(("module", "word"), [(Dropping, "dropout"), (Normalising, "batch normalisation")])
def test_regularisation_is_noticed(module: type[nn.Module], word: str) -> None:
    with pytest.raises(CheckFailed, match=word):
        modules.unregularised(student(module), draw(), "Net", [1, 2, 2])


def test_a_detached_layer_is_named() -> None:
    with pytest.raises(CheckFailed, match=r"`layers\.1\.weight`"):
        modules.gradients_arrive(student(Detached), draw(), "Net", [1, 2, 2], 2)


def test_layers_of_torch_are_named_and_containers_are_not() -> None:
    face = student(Good)
    parts = face.modules(modules.build(face, "Net"))
    assert modules.layers_of_torch(parts) == ["Flatten", "Linear", "ReLU"]


def test_a_signature_may_have_other_names_but_not_fewer() -> None:
    signatures.accepts(student(lambda a, b: None), "Net", ["x", "y"])
    signatures.accepts(student(lambda a, b, c=1: None), "Net", ["x", "y"])
    signatures.accepts(student(lambda *everything: None), "Net", ["x", "y"])
    with pytest.raises(CheckFailed, match="y cannot be given"):
        signatures.accepts(student(lambda x: None), "Net", ["x", "y"])
