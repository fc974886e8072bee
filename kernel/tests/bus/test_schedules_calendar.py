"""When schedules fall due, on the clocks of their zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.api import Schedule
from pronaflow_kernel.jobs.calendar import after, until

BERLIN, NEW_YORK, LORD_HOWE, KOLKATA = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)


FIELDS = "A cron expression has five fields: minute, hour, day of the month, month, day of the week."


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(cron: str, zone: str, start: str, count: int) -> list[str]:
    """The occurrences from a time in the zone on, as its clocks show them, with the offset."""
    at = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    found = []
    for _ in range(count):
        at = after(cron, zone, at)
        found.append(at.astimezone(ZoneInfo(zone)).strftime("%d. %H:%M %z"))
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "start", "expected"),
    [
        # 29 March 2026, 02:00 becomes 03:00.
        pytest.param(
            "30 2 * * *",
            BERLIN,
            "2026-03-28T00:00",
            ["28. 02:30 +0100", "29. 03:00 +0200", "30. 02:30 +0200"],
            id="berlin-left-out",
        ),
        pytest.param(
            "*/20 2 * * *",
            BERLIN,
            "2026-03-29T00:00",
            ["29. 03:00 +0200", "30. 02:00 +0200"],
            id="berlin-all-that-is-left-out-is-one",
        ),
        pytest.param(
            "0 * * * *",
            BERLIN,
            "2026-03-29T00:30",
            ["29. 01:00 +0100", "29. 03:00 +0200", "29. 04:00 +0200"],
            id="berlin-hourly-in-spring",
        ),
        # 25 October 2026, 03:00 becomes 02:00.
        pytest.param(
            "30 2 * * *",
            BERLIN,
            "2026-10-24T00:00",
            ["24. 02:30 +0200", "25. 02:30 +0200", "26. 02:30 +0100"],
            id="berlin-twice-is-once",
        ),
        pytest.param(
            "*/20 2 * * *",
            BERLIN,
            "2026-10-25T02:10",
            ["25. 02:20 +0200", "25. 02:40 +0200", "26. 02:00 +0100"],
            id="berlin-minutes-of-an-hour-that-comes-twice",
        ),
        pytest.param(
            "0 * * * *",
            BERLIN,
            "2026-10-25T00:30",
            ["25. 01:00 +0200", "25. 02:00 +0200", "25. 02:00 +0100", "25. 03:00 +0100"],
            id="berlin-hourly-in-autumn",
        ),
        # 8 March 2026 and 1 November 2026.
        pytest.param(
            "15 2 * * SUN",
            NEW_YORK,
            "2026-03-02T00:00",
            ["08. 03:00 -0400", "15. 02:15 -0400"],
            id="new-york-left-out",
        ),
        pytest.param(
            "15 1 * * SUN",
            NEW_YORK,
            "2026-10-30T00:00",
            ["01. 01:15 -0400", "08. 01:15 -0500"],
            id="new-york-twice-is-once",
        ),
        # 4 October 2026, 02:00 becomes 02:30; 5 April 2026, 02:00 becomes 01:30.
        pytest.param(
            "10 2 * * *",
            LORD_HOWE,
            "2026-10-03T00:00",
            ["03. 02:10 +1030", "04. 02:30 +1100", "05. 02:10 +1100"],
            id="lord-howe-left-out",
        ),
        pytest.param(
            "45 1 * * *",
            LORD_HOWE,
            "2026-04-04T00:00",
            ["04. 01:45 +1100", "05. 01:45 +1100", "06. 01:45 +1030"],
            id="lord-howe-twice-is-once",
        ),
        pytest.param(
            "30 2 * * *",
            KOLKATA,
            "2026-03-28T00:00",
            ["28. 02:30 +0530", "29. 02:30 +0530", "30. 02:30 +0530"],
            id="no-change-of-clocks",
        ),
        # A whole day that was never there: 30 December 2011.
        pytest.param(
            "0 8 * * *",
            "Pacific/Apia",
            "2011-12-29T00:00",
            ["29. 08:00 -1000", "31. 00:00 +1400", "31. 08:00 +1400"],
            id="apia-crosses-the-date-line",
        ),
    ],
)
def test_what_clocks_that_change_make_of_a_schedule(
    cron: str, zone: str, start: str, expected: list[str]
) -> None:
    assert shown(cron, zone, start, len(expected)) == expected


ZONES = st.sampled_from(
    [BERLIN, NEW_YORK, LORD_HOWE, KOLKATA, "UTC", "America/Havana", "Asia/Beirut", "Africa/Casablanca"]
)


def _field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    pairs = st.tuples(number, number).map(lambda pair: (min(pair), max(pair)))
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.integers(1, most).map(lambda step: f"*/{step}"),
        pairs.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.lists(number, min_size=2, max_size=4, unique=True).map(lambda many: ",".join(map(str, many))),
    )


CRONS = st.tuples(
    _field(0, 59), _field(0, 23), st.sampled_from(["*", "*", "1,15", "L"]), st.just("*"), _field(0, 6)
).map(" ".join)


# Around the changes of clocks of ten years, where it is difficult.
_CHANGES = [
    instant(text)
    for year in range(2024, 2034)
    for text in (
        f"{year}-03-08",
        f"{year}-03-28",
        f"{year}-04-03",
        f"{year}-10-02",
        f"{year}-10-25",
        f"{year}-11-01",
    )
]
INSTANTS = st.tuples(st.sampled_from(_CHANGES), st.timedeltas(timedelta(0), timedelta(days=8))).map(
    lambda pair: pair[0] + pair[1]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CRONS, ZONES, INSTANTS)
def test_occurrences_follow_each_other_strictly_and_backwards_as_forwards(
    cron: str, zone: str, start: datetime
) -> None:
    found = [start]
    for _ in range(8):
        found.append(after(cron, zone, found[-1]))
    assert all(before < behind for before, behind in pairwise(found))
    for before, behind in pairwise(found[1:]):
        assert until(cron, zone, before) == before
        assert until(cron, zone, behind - timedelta(microseconds=1)) == before


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789*/-,#LWMONSUJA xé\0", max_size=24) | CRONS)
def test_a_cron_is_taken_or_refused_in_words(cron: str) -> None:
    problems = Schedule(cron).problems()
    if problems:
        assert list(problems) == ["cron"]
        with pytest.raises(ValueError, match=r"cron|time|never"):
            Schedule(cron).after(_CHANGES[0])
    else:
        assert Schedule(cron).after(_CHANGES[0]) > _CHANGES[0]


@pytest.mark.parametrize(
    ("schedule", "problems"),
    [
        (
            Schedule("0 8 * *"),
            {"cron": FIELDS},
        ),
        (
            Schedule("0 25 * * *"),
            {"cron": "The hour in '0 25 * * *' cannot be read, or never comes."},
        ),
        (
            Schedule("0 0 30 2 *"),
            {"cron": "The day of month in '0 0 30 2 *' cannot be read, or never comes."},
        ),
        (
            Schedule("@daily", "Mars/Olympus"),
            {
                "cron": FIELDS,
                "zone": "'Mars/Olympus' is no time zone of the IANA database, such as Europe/Berlin.",
            },
        ),
        (
            Schedule("0 0 * * *", "../../etc/passwd"),
            {"zone": "'../../etc/passwd' is no time zone of the IANA database, such as Europe/Berlin."},
        ),
        (
            Schedule("0 0 * * *", misfire="twice"),  # type: ignore[arg-type]
            {"misfire": "What was missed is done once, skip, all, not 'twice'."},
        ),
        (
            Schedule("0 0 * * *", args={"at": object}),
            {"args": "The arguments cannot be kept as JSON: Type is not JSON serializable: type."},
        ),
    ],
    ids=["fields", "hour", "never", "both", "path", "misfire", "args"],
)
def test_what_is_wrong_is_said_by_field(schedule: Schedule, problems: dict[str, str]) -> None:
    assert schedule.problems() == problems
