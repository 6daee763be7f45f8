"""The device files through which a process reaches NVIDIA's driver."""

import re
from pathlib import Path

from grader.errors import SandboxError

DRIVER = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
"""The files that every GPU needs; the last is there only where the machine has it."""


def devices(assigned: str, folder: Path = Path("/dev")) -> list[Path]:
    """Those of the assigned GPUs: "" for none, "all", or numbers as in "0,2". Raises SandboxError where one is missing.

    A sandbox can make no device files, so the driver's have to be there before.
    """
    if not assigned:
        return []
    numbered = sorted(path.name for path in folder.glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name))
    wanted = numbered if assigned == "all" else [f"nvidia{number}" for number in assigned.split(",")]
    if missing := [name for name in (*DRIVER[:2], *wanted) if not (folder / name).is_char_device()]:
        raise SandboxError(f"a GPU is assigned, and {', '.join(missing)} is not in {folder}")
    if not wanted:
        raise SandboxError(f"all GPUs are assigned, and there is none in {folder}")
    return [path for name in (*DRIVER, *wanted) if (path := folder / name).is_char_device()]
