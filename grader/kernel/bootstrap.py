"""Runs once in a fresh kernel, or partly in what kernels are forked from, before the student's first cell: makes a CPU torchvision and the offline data usable.

Data lies under `data_root/<Class>/raw`, whatever `root` a notebook names.
"""

import importlib.util
from pathlib import Path
from typing import Any

from .fetch import fetch_in_batches

# torchvision registers fake kernels for these at import, and dies where a CPU build of torch leaves them undefined.
TORCHVISION_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def compiled_operators_load(torchvision_folder: Path) -> bool:
    """Whether torchvision's compiled library fits the installed torch; loads it if so."""
    import torch

    for library in torchvision_folder.glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
        return True
    return False


def define_missing_operators() -> Any:
    """Define the schemas that torchvision expects; torch forgets them when the returned library is collected."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in TORCHVISION_OPERATORS:
        library.define(schema)
    return library


def find_data_anywhere(data_root: Path) -> None:
    """Let torchvision's MNIST family fall back to the prepared files where a notebook's own `root` has none."""
    from torchvision.datasets import mnist

    own_folder = mnist.MNIST.raw_folder.fget

    def raw_folder(self: Any) -> str:
        own = Path(own_folder(self))
        prepared = data_root / type(self).__name__ / "raw"
        return str(prepared if prepared.is_dir() and not own.is_dir() else own)

    mnist.MNIST.raw_folder = property(raw_folder)


def make_importable() -> Any:
    """Let torch's and torchvision's builds differ; returns what has to stay alive. Nothing to do without the two."""
    torchvision = importlib.util.find_spec("torchvision")
    if torchvision is None or importlib.util.find_spec("torch") is None:
        return None
    (folder,) = torchvision.submodule_search_locations or ["."]
    return None if compiled_operators_load(Path(folder)) else define_missing_operators()


def keep_to(part: float) -> None:
    """Let torch take at most this part of a GPU's memory; said when torch turns to the GPU, if it ever does."""
    import torch

    torch.cuda._lazy_call(lambda: torch.cuda.set_per_process_memory_fraction(part))


def start(data_root: str, gpu_part: float) -> None:
    """Prepare this kernel, once torchvision can be imported."""
    if gpu_part < 1 and importlib.util.find_spec("torch"):
        keep_to(gpu_part)
    if importlib.util.find_spec("torchvision") and importlib.util.find_spec("torch"):
        find_data_anywhere(Path(data_root).absolute())
        fetch_in_batches()
