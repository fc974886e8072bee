"""Reading ZIP archives that strangers made: bombs, ways out of the folder and links are refused.

What an archive says of itself may be false, so that bytes are counted while they are read (security.md 2.15).
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from ..errors import invalid

_CHUNK = 64 * 1024
_SMALL = 1024 * 1024
"""Bytes up to which a member may be packed as tightly as it likes: a text of blanks is no bomb."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How members may be packed: all that common programs write. Of bzip2 and LZMA the standard library unpacks
4 KiB at once, however much that becomes: hundreds of megabytes before anything could be counted."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much may be in an archive.

    Arguments:
        members: files and folders.
        total_bytes: of all of them, unpacked.
        ratio: of a member's size to what it takes in the archive.
    """

    members: int = 1000
    total_bytes: int = 200 * 1024 * 1024
    ratio: int = 100


def read_archive(
    stream: BinaryIO, limits: ArchiveLimits | None = None, *, field: str = "file"
) -> Iterator[tuple[str, bytes]]:
    """The files of a ZIP archive, one after the other: name and content.

    Names are relative, with `/` between folders; they tell what a file was called and are no place to write
    it to.

    Arguments:
        stream: seekable.
        limits: by default 1,000 members, 200 MiB and a ratio of 100.
        field: what the upload is called in the request.

    Raises:
        ValidationFailed: it is no ZIP archive, it is damaged or locked, or it breaks a limit.
    """
    limits = limits or ArchiveLimits()
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > limits.members:
                raise invalid(field, f"The archive has more than {limits.members} members.", "too_many")
            for member in members:
                _check(member, field)
            left = limits.total_bytes
            for member in members:
                if not member.is_dir():
                    content = _content(archive, member, min(left, _allowed(member, limits)), field)
                    left -= len(content)
                    yield member.filename, content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise invalid(field, f"This is no ZIP archive that can be read: {error}.") from error


def _check(member: zipfile.ZipInfo, field: str) -> None:
    name = member.filename
    path = PurePosixPath(name)
    if "\\" in name or path.is_absolute() or PureWindowsPath(name).drive or ".." in path.parts:
        raise invalid(field, f"The archive has a member outside its folder: {name!r}.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise invalid(field, f"The archive has a member that is neither file nor folder: {name!r}.")
    if member.flag_bits & 1:
        raise invalid(field, f"The archive has a member under a password: {name!r}.")
    if member.compress_type not in _PACKED:
        raise invalid(field, f"The archive has a member that is neither stored nor deflated: {name!r}.")


def _allowed(member: zipfile.ZipInfo, limits: ArchiveLimits) -> int:
    return max(_SMALL, member.compress_size * limits.ratio)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, field: str) -> bytes:
    """What a member holds; reading stops as soon as it is more than it may be."""
    content = bytearray()
    with archive.open(member) as packed:
        while chunk := packed.read(_CHUNK):
            content += chunk
            if len(content) > most:
                raise invalid(field, f"The archive unpacks to too much: {member.filename!r}.", "too_large")
    return bytes(content)
