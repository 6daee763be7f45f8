"""The machine's GPUs: the files through which a process reaches NVIDIA's driver, and which kernel gets which GPU."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.provisioner import base_folder
from grader.sandbox.slots import locked

DRIVER = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
"""The files that every GPU needs; the last is there only where the machine has it."""
PAUSE_SECONDS = 0.1


@contextmanager
def seat(assigned: str, per_gpu: int, alone: bool = False) -> Iterator[str]:
    """The number of the GPU that a kernel has until the end of the block, one of those `assigned`; "" where none are.

    No more than `per_gpu` kernels of this machine have the same one: waits for a place, and `alone` for all of one GPU's.
    """
    if not assigned:
        yield ""
        return
    gpus, folder = numbers(assigned), base_folder() / "gpus"
    folder.mkdir(exist_ok=True)
    with ExitStack() as held:

        def taken(gpu: str, place: int) -> bool:
            lock = locked(folder / f"{gpu}-{place}")
            return lock is not None and bool(held.enter_context(lock))

        def one_of(places: list[tuple[str, int]]) -> str:
            while (found := next((gpu for gpu, place in places if taken(gpu, place)), None)) is None:
                time.sleep(PAUSE_SECONDS)
            return found

        found = one_of([(gpu, place) for place in range(1 if alone else per_gpu) for gpu in gpus])
        if alone:
            # the places in their order, so that no two wait for each other
            for place in range(1, per_gpu):
                one_of([(found, place)])
        yield found


def numbers(assigned: str, folder: Path = Path("/dev")) -> list[str]:
    """The assigned GPUs one by one. Raises SandboxError where they are all, and there is none."""
    if assigned != "all":
        return assigned.split(",")
    found = sorted(int(path.name[6:]) for path in folder.glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name))
    if not found:
        raise SandboxError(f"all GPUs are assigned, and there is none in {folder}")
    return [str(number) for number in found]


def devices(assigned: str, folder: Path = Path("/dev")) -> list[Path]:
    """Those of the assigned GPUs: "" for none, "all", or numbers as in "0,2". Raises SandboxError where one is missing.

    A sandbox can make no device files, so the driver's have to be there before.
    """
    if not assigned:
        return []
    wanted = [f"nvidia{number}" for number in numbers(assigned, folder)]
    if missing := [name for name in (*DRIVER[:2], *wanted) if not (folder / name).is_char_device()]:
        raise SandboxError(f"a GPU is assigned, and {', '.join(missing)} is not in {folder}")
    return [path for name in (*DRIVER, *wanted) if (path := folder / name).is_char_device()]
