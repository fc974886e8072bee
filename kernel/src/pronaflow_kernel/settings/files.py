"""The section `[files]`."""

from __future__ import annotations

from dataclasses import dataclass

from . import checks
from .declaring import setting

# fmt: off
_RUN = (
    "apk", "app", "bash", "bat", "cmd", "com", "cpl", "csh", "deb", "dll", "dmg", "elf", "exe", "fish",
    "gadget", "hta", "inf", "ins", "jar", "js", "jse", "ksh", "lnk", "mjs", "msc", "msi", "msp", "pif",
    "pkg", "ps1", "psm1", "reg", "rpm", "run", "scr", "sh", "sys", "vb", "vbe", "vbs", "wsf", "wsh", "zsh",
)
# fmt: on
"""Endings of what one system or another runs when somebody opens it."""


@dataclass(frozen=True)
class FileSettings:
    """Files that users upload."""

    url: str | None = setting(
        None,
        "Bucket of an S3 store: s3://bucket/prefix?endpoint_url=https://...&region=..., if need be with "
        "key:secret@ before the bucket; without one, files lie in the data folder.",
        secret=True,
        check=checks.bucket,
    )
    max_bytes: int = setting(100 * 1024 * 1024, "Largest file in bytes.", least=1)
    spare_bytes: int = setting(
        200 * 1024 * 1024,
        "Bytes of the disk that files in the data folder leave free, so that the database can still be "
        "written.",
        least=0,
    )
    denied: tuple[str, ...] = setting(
        _RUN,
        "Endings of file names that are refused: what a system runs when somebody opens it.",
        check=checks.ending,
    )
