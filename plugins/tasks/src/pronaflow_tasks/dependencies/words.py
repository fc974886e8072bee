"""The words for types of dependencies, and what else callers may write for them."""

from __future__ import annotations

from collections.abc import Mapping

TYPES = ("FS", "SS", "FF", "SF")
"""What of the successor waits for what of the predecessor (modules.md 4.5)."""

ALIASES: Mapping[str, str] = {
    "finish_to_start": "FS",
    "start_to_start": "SS",
    "finish_to_finish": "FF",
    "start_to_finish": "SF",
    **{name.lower(): name for name in TYPES},
}
