"""The IDX format, in which MNIST is published.

Four bytes of magic (two zeros, the element type, the number of dimensions), each dimension as a big-endian
32-bit count, then the elements in row-major order. Only unsigned bytes, the type that MNIST uses, are known here.
"""

import math
import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.errors import DatasetError

UNSIGNED_BYTE: Final = 0x08
MAX_DIMENSIONS: Final = 255


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Write `array`, of any shape with at least one dimension, to `path`; it is on the disk when this returns.

    Raises DatasetError when the array is not of unsigned bytes, OSError when the file cannot be written.
    """
    if array.dtype != np.uint8:
        raise DatasetError(f"{path} would hold {array.dtype} values, and IDX files here hold unsigned bytes.")
    if not 1 <= array.ndim <= MAX_DIMENSIONS:
        raise DatasetError(f"{path} would have {array.ndim} dimensions, and an IDX file has 1 to {MAX_DIMENSIONS}.")
    with path.open("wb") as file:
        file.write(bytes((0, 0, UNSIGNED_BYTE, array.ndim)))
        file.write(np.array(array.shape, dtype=">u4").tobytes())
        file.write(array.tobytes())
        # A rename may reach the disk before the bytes do: after a power cut a finished-looking file would be empty.
        file.flush()
        os.fsync(file.fileno())


def read_idx(content: bytes) -> NDArray[np.uint8]:
    """Return the array in `content`, the whole of an IDX file, in its own shape; read-only, it shares the memory.

    Raises DatasetError when the magic, the dimensions or the length are not those of an IDX file of unsigned bytes.
    """
    magic = content[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DatasetError(f"Not an IDX file: it begins with {magic.hex() or 'nothing'}, not with two zero bytes.")
    kind, dimensions = magic[2], magic[3]
    if kind != UNSIGNED_BYTE:
        raise DatasetError(f"The IDX file's elements are of type 0x{kind:02x}, not unsigned bytes (0x08).")
    if dimensions == 0:
        raise DatasetError("The IDX file has no dimensions.")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DatasetError(f"The IDX file ends inside its header of {start} bytes, after {len(content)}.")
    shape = tuple(int(count) for count in np.frombuffer(content, dtype=">u4", count=dimensions, offset=4))
    expected, found = math.prod(shape), len(content) - start
    if found != expected:
        sizes = " x ".join(map(str, shape))
        raise DatasetError(f"The IDX file promises {sizes} = {expected} bytes of data and holds {found}.")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
