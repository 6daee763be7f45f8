"""A folder as a flat row of members. No link is followed, nothing but ordinary files is opened."""

import os
import stat
from functools import partial
from pathlib import Path

from grader.batch.litter import is_litter
from grader.batch.member import Member, check_size
from grader.batch.names import shown
from grader.errors import BadNotebook, BadSource

MAX_MEMBERS = 100_000


def folder_members(root: Path) -> list[Member]:
    """Everything below `root` in the order of names; raises BadSource where `root` itself cannot be read."""
    found, waiting = list[Member](), [(root, tuple[str, ...]())]
    while waiting:
        folder, above = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            if not above:
                raise BadSource(f"{root} cannot be read: {error.strerror}.") from error
            found.append(Member(above, folder=True, problem=f"{shown(above[-1])} cannot be read: {error.strerror}."))
            continue
        if above and not names:
            found.append(Member(above, folder=True))
        for name in names:
            member = file_member(folder / name, (*above, name))
            # what is not looked into may hold a hundred thousand files, as a hidden `.git` or `.venv` does
            if member.folder and not is_litter(name, len(above), file=False):
                waiting.append((folder / name, member.parts))
            else:
                found.append(member)
        if len(found) + len(waiting) > MAX_MEMBERS:
            raise BadSource(f"{root} has more than {MAX_MEMBERS:,} files; nothing but submissions should be in it.")
    return sorted(found, key=lambda member: member.parts)


def file_member(path: Path, parts: tuple[str, ...]) -> Member:
    """What lies at `path`, which is not opened yet."""
    name = shown(path.name)
    try:
        status = path.lstat()
    except OSError as error:
        return Member(parts, problem=f"{name} cannot be read: {error.strerror}.")
    if stat.S_ISDIR(status.st_mode):
        return Member(parts, folder=True)
    if stat.S_ISLNK(status.st_mode):
        return Member(parts, problem=f"{name} is a link, and links are not followed.")
    if not stat.S_ISREG(status.st_mode):
        return Member(parts, problem=f"{name} is no ordinary file.")
    return Member(parts, size=status.st_size, time=status.st_mtime, read=partial(read_file, path))


def read_file(path: Path, limit: int) -> bytes:
    name = shown(path.name)
    try:
        # what has become a link or a pipe since it was listed neither leads away nor blocks
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            check_size(name, os.fstat(file.fileno()).st_size, limit)
            return file.read(limit)
    except OSError as error:
        raise BadNotebook(f"{name} cannot be read: {error.strerror}.") from error
