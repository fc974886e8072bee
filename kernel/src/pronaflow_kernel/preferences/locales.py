"""How to address somebody: language, time zone and the writing of dates and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

LANGUAGES = ("en-US", "vi-VN")
"""Languages of the server's own texts, as BCP-47 tags; English is what texts are looked up by."""

_DATES = {"MM/DD/YYYY": "%m/%d/%Y", "DD/MM/YYYY": "%d/%m/%Y", "YYYY-MM-DD": "%Y-%m-%d"}
_TIMES = {"12h": "%I:%M %p", "24h": "%H:%M"}
_HABITS = {"en-US": ("MM/DD/YYYY", "12h"), "vi-VN": ("DD/MM/YYYY", "24h")}

DATE_FORMATS, TIME_FORMATS = tuple(_DATES), tuple(_TIMES)


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """The names of the IANA database, read once; `localtime` means another zone on every machine."""
    return frozenset(available_timezones() - {"localtime"})


def habits(language: str) -> tuple[str, str]:
    """How dates and times are written in a language: `date_format` and `time_format` (modules.md 10).

    Where nothing is known of it, as ISO 8601 says, which nobody misreads.
    """
    return _HABITS.get(language, ("YYYY-MM-DD", "24h"))


@dataclass(frozen=True, slots=True)
class Locale:
    """How to address somebody.

    Arguments:
        language: BCP-47 tag, for `ctx.texts.say`.
        timezone: where they are.
        date_format, time_format: one of `DATE_FORMATS` and `TIME_FORMATS`.
    """

    language: str
    timezone: ZoneInfo
    date_format: str
    time_format: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Locale:
        """From the values of the section `locale`, with `language` and `timezone` in any case."""
        language = values["language"]
        dates, times = habits(language)
        return cls(
            language,
            ZoneInfo(values["timezone"]),
            values.get("date_format", dates),
            values.get("time_format", times),
        )

    def day(self, day: date) -> str:
        """A day as its reader writes it: `02/28/2026`."""
        return day.strftime(_DATES[self.date_format])

    def moment(self, instant: datetime) -> str:
        """An instant by its reader's clock: `02/28/2026 09:05 PM (Asia/Ho_Chi_Minh)`."""
        here = instant.astimezone(self.timezone)
        return f"{self.day(here)} {here.strftime(_TIMES[self.time_format])} ({self.timezone.key})"
