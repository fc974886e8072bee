"""What files are called and what they are, going by the names that users give them."""

from __future__ import annotations

import re
import unicodedata

from ..errors import invalid

LONGEST_NAME = 255
"""Characters of a file name, as most file systems have it."""

UNKNOWN = "application/octet-stream"
"""What a file is that is nothing else."""

_ENDING = re.compile(r"[a-z0-9_+-]*")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    "csv": "text/csv",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "gif": "image/gif",
    "gz": "application/gzip",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "txt": "text/plain",
    "webm": "video/webm",
    "webp": "image/webp",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "zip": "application/zip",
}
"""Types that no browser runs; what a client says of its file is not believed."""


def media_type(name: str) -> str:
    """What a file is, by the ending of its name: a type that no browser runs."""
    return _TYPES.get(name.casefold().rpartition(".")[2], UNKNOWN)


def file_name(part: str, given: str, denied: tuple[str, ...]) -> str:
    """What a file is called: the name that was sent, without folders and invisible characters.

    Arguments:
        part: where the name stands, for what is said of it.
        given: as it was sent; old browsers send whole paths.
        denied: endings that are refused, in lower case.

    Raises:
        ValidationFailed: it is empty, too long, or has such an ending.
    """
    shown = "".join(c for c in given if unicodedata.category(c)[0] != "C")
    # Windows takes "a.exe." and "a.exe " for "a.exe".
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", shown)[-1]).rstrip(" .").lstrip(" ")
    if not name:
        raise invalid(part, "The file has no name.", "required")
    if len(name) > LONGEST_NAME:
        raise invalid(part, f"The name of the file is longer than {LONGEST_NAME} characters.", "too_long")
    _, dot, last = unicodedata.normalize("NFKC", name).casefold().rpartition(".")
    ending = _ENDING.match(last)
    if dot and ending is not None and ending[0] in denied:
        raise invalid(
            part,
            f"Files of the type .{ending[0]} are not taken, nor are: {', '.join(denied)}.",
            "denied_type",
        )
    return name
