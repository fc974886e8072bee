"""Languages that people can choose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pronaflow_kernel.api import DATE_FORMATS, TIME_FORMATS, habits

_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Arguments:
        code: BCP-47 tag; name: in English; native_name: in itself.
        date_format, time_format: how people write dates and times in it.
        provider: id of the plugin that brings it; None for those of the server.
    """

    code: str
    name: str
    native_name: str
    date_format: str
    time_format: str
    provider: str | None = None

    def shown(self) -> dict[str, Any]:
        """As it is answered."""
        return {name: getattr(self, name) for name in self.__slots__}


def made(code: str, given: Mapping[str, Any], provider: str | None = None) -> Language:
    """A language of what a plugin says.

    Raises:
        ValueError: what is wrong with it, in words.
    """
    if not _TAG.fullmatch(code):
        raise ValueError(f"{code!r} is no tag of a language such as de-DE")
    names = [given.get("name"), given.get("native_name")]
    if not all(isinstance(name, str) and 0 < len(name) <= 80 for name in names):
        raise ValueError(f"the language {code} needs name and native_name of at most 80 characters")
    dates, times = habits(code)
    dates, times = given.get("date_format", dates), given.get("time_format", times)
    if dates not in DATE_FORMATS or times not in TIME_FORMATS:
        words = f"one of {', '.join(DATE_FORMATS)}, and one of {', '.join(TIME_FORMATS)}"
        raise ValueError(f"the language {code} writes dates and times in another way than {words}")
    return Language(code, str(names[0]), str(names[1]), dates, times, provider)


BUILT_IN = (
    made("en-US", {"name": "English (United States)", "native_name": "English"}),
    made("vi-VN", {"name": "Vietnamese", "native_name": "Tiếng Việt"}),
)
"""As the first seed lists them; the server's own texts are written in these."""
