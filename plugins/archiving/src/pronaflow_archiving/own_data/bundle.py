"""What is held of a person as a zip: the data as JSON, and the files that they brought."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

MOST = 500 * 1024 * 1024
"""Bytes of files in a zip (modules.md, section 8 item 13)."""

_README = """All that this server holds of you, as of the moment at which the file was made.

data.json   what the server and its plugins hold, by kind; secrets such as password hashes are left out
files/      what you uploaded, as far as it fits into {most} MB
left_out.json   files that did not fit, or whose content is gone; download them where they belong
"""
_JSON = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def plain(data: Any) -> Any:
    """The same as JSON data."""
    return orjson.loads(_dumped(data))


def write_bundle(
    stream: BinaryIO,
    data: Mapping[str, Any],
    opened: Callable[[str], BinaryIO],
    tell: Callable[[int, int], None],
    most: int = MOST,
) -> None:
    """Write the zip.

    Arguments:
        data: from `PersonalData.collect`. A row of a plugin that has a `file_key` names a file of the person.
        opened: opens the content under a key.
        tell: hears how many files of how many are done.
        most: bytes of files, before they are compressed.
    """
    files, left_out, size = list(_files(data["plugins"])), [], 0
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.txt", _README.format(most=most // (1024 * 1024)))
        bundle.writestr("data.json", _dumped(data))
        for number, (name, row) in enumerate(files, start=1):
            reason = None
            if size + row["size"] > most:
                reason = "too_large"
            else:
                try:
                    with (
                        opened(row["file_key"]) as content,
                        bundle.open(name, "w", force_zip64=True) as target,
                    ):
                        shutil.copyfileobj(content, target)
                    size += row["size"]
                except FileNotFoundError:
                    reason = "gone"
            if reason is not None:
                left_out.append({"file": name, "size": row["size"], "reason": reason})
            tell(number, len(files))
        bundle.writestr("left_out.json", _dumped(left_out))


def _files(plugins: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name in the zip and row of each file, each content once."""
    seen: set[str] = set()
    for plugin_id, kinds in plugins.items():
        for row in (row for rows in kinds.values() for row in rows):
            key = row.get("file_key")
            if key and key not in seen and row.get("size") is not None:
                seen.add(key)
                name = str(row.get("name") or "file").replace("/", "_").replace("\\", "_")
                yield f"files/{plugin_id}/{key[:8]}-{name}", row


def _dumped(data: Any) -> bytes:
    return orjson.dumps(data, default=str, option=_JSON)
