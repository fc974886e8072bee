"""When something may be sent: by the clocks of whoever reads it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pronaflow_notifications.delivery.windows import MERGING, Due, Habits, Quiet, due, held_until

NEW_YORK, SAIGON = ZoneInfo("America/New_York"), ZoneInfo("Asia/Ho_Chi_Minh")
ZONES = [ZoneInfo("UTC"), NEW_YORK, SAIGON, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")]
NIGHT = Quiet(time(22), time(8))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "habits", "at", "window"),
    [
        ("2026-03-02 09:00", Habits(SAIGON), "2026-03-02 09:01", None),
        ("2026-03-02 09:00", Habits(SAIGON, "hourly"), "2026-03-02 10:00", "hourly"),
        ("2026-03-02 09:40", Habits(ZoneInfo("Asia/Kolkata"), "hourly"), "2026-03-02 10:30", "hourly"),
        ("2026-03-02 00:59", Habits(SAIGON, "daily"), "2026-03-02 01:00", "daily"),
        ("2026-03-02 01:00", Habits(SAIGON, "daily"), "2026-03-03 01:00", "daily"),
        ("2026-03-02 01:00", Habits(SAIGON, "daily", digest_time=time(17, 30)), "2026-03-02 10:30", "daily"),
        ("2026-03-02 00:30", Habits(SAIGON, "weekly"), "2026-03-02 01:00", "weekly"),
        ("2026-03-02 01:00", Habits(SAIGON, "weekly"), "2026-03-09 01:00", "weekly"),
        ("2026-03-02 01:00", Habits(SAIGON, "weekly", digest_weekday=6), "2026-03-08 01:00", "weekly"),
        ("2026-03-02 16:00", Habits(SAIGON, quiet=NIGHT), "2026-03-03 01:00", "quiet"),
        ("2026-03-02 14:58", Habits(SAIGON, quiet=NIGHT), "2026-03-02 14:59", None),
        ("2026-03-02 14:59", Habits(SAIGON, quiet=NIGHT), "2026-03-02 15:00", None),
        ("2026-03-02 15:00", Habits(SAIGON, quiet=NIGHT), "2026-03-03 01:00", "quiet"),
        ("2026-03-02 20:00", Habits(SAIGON, "daily", quiet=NIGHT), "2026-03-03 01:00", "daily"),
        (
            "2026-03-02 20:00",
            Habits(SAIGON, "daily", quiet=NIGHT, digest_time=time(7)),
            "2026-03-03 01:00",
            "quiet",
        ),
        ("2026-03-02 20:00", Habits(SAIGON, "hourly", quiet=NIGHT), "2026-03-03 01:00", "quiet"),
        ("2026-03-02 06:00", Habits(SAIGON, quiet=Quiet(time(12), time(14))), "2026-03-02 07:00", "quiet"),
        ("2026-03-02 06:00", Habits(SAIGON, quiet=Quiet(time(9), time(9))), "2026-03-03 02:00", "quiet"),
        # Clocks go from 02:00 to 03:00 on 8 March and from 02:00 back to 01:00 on 1 November.
        (
            "2026-03-08 05:00",
            Habits(NEW_YORK, quiet=Quiet(time(22), time(2, 30))),
            "2026-03-08 07:30",
            "quiet",
        ),
        ("2026-03-08 05:00", Habits(NEW_YORK, quiet=NIGHT), "2026-03-08 12:00", "quiet"),
        ("2026-03-07 14:00", Habits(NEW_YORK, "daily"), "2026-03-08 12:00", "daily"),
        (
            "2026-03-08 05:00",
            Habits(NEW_YORK, "daily", digest_time=time(2, 30)),
            "2026-03-08 07:30",
            "daily",
        ),
        (
            "2026-11-01 03:00",
            Habits(NEW_YORK, quiet=Quiet(time(22), time(1, 30))),
            "2026-11-01 05:30",
            "quiet",
        ),
        (
            "2026-11-01 05:30",
            Habits(NEW_YORK, quiet=Quiet(time(22), time(1, 30))),
            "2026-11-01 05:31",
            None,
        ),
        (
            "2026-11-01 05:30",
            Habits(NEW_YORK, "daily", digest_time=time(1, 30)),
            "2026-11-02 06:30",
            "daily",
        ),
    ],
    ids=lambda value: None if isinstance(value, Habits) else str(value),
)
def test_what_happens_is_sent(now: str, habits: Habits, at: str, window: Any) -> None:
    assert due(utc(now), habits) == Due(utc(at), window)


class TestExceptions:
    NOW = utc("2026-03-02 16:00")

    @pytest.mark.parametrize("frequency", ["immediate", "hourly", "daily", "weekly"])
    def test_what_is_urgent_waits_for_nothing(self, frequency: Any) -> None:
        assert due(self.NOW, Habits(SAIGON, frequency, NIGHT), high=True) == Due(self.NOW, None)

    def test_who_wants_nothing_gets_nothing_that_is_only_urgent(self) -> None:
        assert due(self.NOW, Habits(SAIGON, "never", NIGHT), high=True) is None

    @pytest.mark.parametrize("frequency", ["immediate", "hourly", "daily", "weekly", "never"])
    def test_what_is_critical_obeys_nothing(self, frequency: Any) -> None:
        assert due(self.NOW, Habits(SAIGON, frequency, NIGHT), critical=True) == Due(self.NOW, None)

    def test_what_is_late_is_held_too_but_not_where_no_hour_is_free(self) -> None:
        assert held_until(self.NOW, Habits(SAIGON, quiet=NIGHT)) == utc("2026-03-03 01:00")
        assert held_until(self.NOW, Habits(SAIGON, quiet=Quiet(time(9), time(9)))) is None
        assert held_until(self.NOW, Habits(SAIGON)) is None


_MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
_HABITS = st.builds(
    Habits,
    st.sampled_from(ZONES),
    st.sampled_from(["immediate", "hourly", "daily", "weekly"]),
    st.none() | st.builds(Quiet, _MINUTES, _MINUTES),
    _MINUTES,
    st.integers(0, 6),
)
# Around both changes of clocks, and anywhere in a year.
_NOW = st.one_of(
    st.integers(0, 365 * 24 * 60).map(lambda minute: utc("2026-01-01 00:00") + timedelta(minutes=minute)),
    st.integers(0, 72 * 60).map(lambda minute: utc("2026-03-07 00:00") + timedelta(minutes=minute)),
    st.integers(0, 72 * 60).map(lambda minute: utc("2026-10-31 00:00") + timedelta(minutes=minute)),
)
_LONGEST = {
    "immediate": MERGING,
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1, hours=1),
    "weekly": timedelta(days=7, hours=1),
}
few = settings(max_examples=300, derandomize=True, deadline=None)


class TestProperties:
    @few
    @given(now=_NOW, habits=_HABITS)
    def test_nothing_is_sent_in_quiet_hours(self, now: datetime, habits: Habits) -> None:
        found = due(now, habits)
        assert found is not None
        assert habits.quiet is None or habits.quiet.until(found.at, habits.zone) is None

    @few
    @given(now=_NOW, habits=_HABITS)
    def test_quiet_hours_are_those_that_the_clock_shows(self, now: datetime, habits: Habits) -> None:
        """Away from changes of clocks, against a reading of the wall."""
        wall = now.astimezone(habits.zone)
        steady = (wall - timedelta(days=2)).utcoffset() == (wall + timedelta(days=2)).utcoffset()
        if habits.quiet is None or not steady:
            return
        start, end, at = habits.quiet.start, habits.quiet.end, wall.time()
        inside = start < at < end if start < end else at > start or at < end
        assert (habits.quiet.until(now, habits.zone) is not None) is inside

    @few
    @given(now=_NOW, habits=_HABITS)
    def test_nothing_is_more_than_one_window_late(self, now: datetime, habits: Habits) -> None:
        found = due(now, habits)
        quiet = timedelta(0) if habits.quiet is None else timedelta(days=1, hours=1)
        assert found is not None
        assert now < found.at <= now + _LONGEST[habits.frequency] + quiet

    @few
    @given(now=_NOW, later=st.integers(0, 10 * 24 * 60), habits=_HABITS)
    def test_what_happens_later_is_not_sent_earlier(self, now: datetime, later: int, habits: Habits) -> None:
        first, second = due(now, habits), due(now + timedelta(minutes=later), habits)
        assert first is not None
        assert second is not None
        assert first.at <= second.at
