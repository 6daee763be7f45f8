"""Write whole files or none."""

import os
import tempfile
from pathlib import Path

DRAFT = ".draft-"
"""What the name of a file begins with that is not whole yet."""


def write_whole(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step: a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(path, text.encode("utf-8"), path.parent, 0o644)


def replace_whole(path: Path, data: bytes, drafts: Path, mode: int) -> None:
    """The same for bytes, by way of a draft in the folder `drafts` of the same disk: when this returns they are on it."""
    handle, name = tempfile.mkstemp(dir=drafts, prefix=DRAFT)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(path)
    except BaseException:  # whoever is to blame: no half-written draft stays behind, and the error goes on
        draft.unlink(missing_ok=True)
        raise


def clear_drafts(*folders: Path) -> None:
    """Remove what somebody who was killed had begun to write there. Only for whoever is alone with the folders."""
    for folder in folders:
        for draft in folder.glob(f"{DRAFT}*"):
            draft.unlink()
