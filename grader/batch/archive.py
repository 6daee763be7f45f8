"""A zip as a flat row of members. Nothing is unpacked but what is asked for, in memory and up to a limit."""

import re
import stat
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from grader.batch.folder import MAX_MEMBERS
from grader.batch.member import Member, check_size
from grader.batch.names import shown
from grader.errors import BadNotebook, BadSource

MAX_RATIO, HARMLESS, CHUNK = 100, 1 << 20, 1 << 16
"""How much smaller a file may have become by packing, and from which size on; what is read at once."""
MAX_ARCHIVE, MAX_INSIDE = 64 << 20, 50_000
"""Of a student's own zip: its bytes and its files."""

DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError, OverflowError)
"""What `zipfile` raises for archives that are not as they should be."""

SAYS_UTF8, ENCRYPTED = 0x800, 0x1
HEBREW = re.compile(rb"(?<![A-Za-z])[\x80-\x9a]{2,}(?![A-Za-z])")
"""Words of nothing but the letters of code page 862, which other alphabets' words are not."""
DRIVE = re.compile(r"[A-Za-z]:")


def zip_members(source: Path | BytesIO, name: str) -> list[Member]:
    """What has a name in a zip, in its order; raises BadSource. The zip stays open as long as anything of it is kept."""
    try:
        archive = zipfile.ZipFile(source)
    except PermissionError as error:
        raise BadSource(f"{name} cannot be read: {error.strerror}.") from error
    except DAMAGED as error:
        raise BadSource(f"{name} is no zip, or a damaged one.") from error
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise BadSource(f"{name} has more than {MAX_MEMBERS:,} files.")
    return [member for info in infos if (member := zip_member(archive, info)).parts]


def inside(member: Member) -> list[Member]:
    """What a student's own zip has in it; raises BadNotebook."""
    name, data = shown(member.parts[-1]), member.read(MAX_ARCHIVE)
    # each entry of a zip's directory begins so: counted before half a million of them become objects
    if data.count(b"PK\1\2") > MAX_INSIDE:
        raise BadNotebook(f"{name} has more than {MAX_INSIDE:,} files.")
    try:
        return zip_members(BytesIO(data), name)
    except BadSource as error:
        raise BadNotebook(str(error)) from error


def zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    raw = decoded(info).replace("\\", "/")
    steps = raw.split("/")
    absolute = not steps[0] or DRIVE.fullmatch(steps[0]) is not None
    parts = tuple(step for step in steps[absolute:] if step not in ("", ".", ".."))
    if absolute or ".." in steps:
        return Member(parts, astray=True, problem=f"{shown(raw)} is a name that leads out of the zip.")
    if not parts:
        return Member(parts)
    kind, name = stat.S_IFMT(info.external_attr >> 16), shown(parts[-1])
    if kind == stat.S_IFLNK:
        return Member(parts, problem=f"{name} is a link, and links are not followed.")
    if raw.endswith("/"):
        return Member(parts, folder=True)
    if kind not in (0, stat.S_IFREG):
        return Member(parts, problem=f"{name} is no ordinary file.")
    return Member(parts, size=info.file_size, time=seconds(info), read=partial(read_zipped, archive, info, name))


def decoded(info: zipfile.ZipInfo) -> str:
    """The name of an entry; many programs write UTF-8, or their country's code page, and do not say so."""
    if info.flag_bits & SAYS_UTF8:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        # newer Pythons read the field in which some programs say it a second time, in Unicode
        return info.filename
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp862") if HEBREW.search(raw) else info.filename


def seconds(info: zipfile.ZipInfo) -> float:
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def read_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit: int) -> bytes:
    if info.flag_bits & ENCRYPTED:
        raise BadNotebook(f"{name} is encrypted.")
    # the other methods unpack without a limit on memory, and no LMS uses them
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadNotebook(f"{name} is packed in an unusual way (method {info.compress_type}).")
    check_size(name, info.file_size, limit)
    if info.file_size > max(HARMLESS, MAX_RATIO * info.compress_size):
        raise BadNotebook(f"{name} is packed to less than a hundredth of its size, which is refused.")
    data = bytearray()
    try:
        with archive.open(info) as file:
            # a read without a number would unpack everything, whatever size the zip declares
            while chunk := file.read(CHUNK):
                data += chunk
    except DAMAGED as error:
        raise BadNotebook(f"{name} is damaged in the zip.") from error
    return bytes(data)
