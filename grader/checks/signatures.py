"""Checks of how a function is called."""

from grader.errors import CheckFailed
from grader.execution.student import Student


def accepts(student: Student, object: str, parameters: list[str]) -> None:
    """The function takes as many arguments as `parameters`, under whatever names."""
    described = student.describe(object)
    if described is None or described.parameters is None:
        return
    names = described.parameters
    takes_any = any(name.startswith("*") for name in names)
    if len(names) < len(parameters) and not takes_any:
        missing = [name for name in parameters if name not in names]
        raise CheckFailed(
            f"`{object}` should take ({', '.join(parameters)}), but takes ({', '.join(names)}): "
            f"{', '.join(missing)} cannot be given."
        )
