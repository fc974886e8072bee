"""Lists of tasks by custom fields: filters and orders equal those done in Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.api import folded, new_id
from pronaflow_kernel.testing import Person
from pronaflow_tasks.api import Tasks
from pronaflow_tasks.custom_fields.kinds import KINDS, cells, shown

TASKS = "/api/v1/tasks"
FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OPTIONS = ["Low", "Mid", "High"]
WORDS = ["alpha", "Beta", "BETA", "gamma ray", "delta" * 40, "delta" * 40 + "x"]
NUMBERS = [-3, 0, 0.5, 2, 2.5, 10**15]
DAYS = ["1000-01-01", "2026-01-01", "2026-03-09", "9998-12-31"]
URLS = ["https://example.com", "http://example.com/b"]
VALUES: dict[str, Any] = {
    "text": st.sampled_from(WORDS),
    "number": st.sampled_from(NUMBERS),
    "select": st.sampled_from(OPTIONS),
    "multi_select": st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True),
    "date": st.sampled_from(DAYS),
    "checkbox": st.booleans(),
    "url": st.sampled_from(URLS),
}


@pytest.fixture
def fields(ann: Person, project: Any) -> dict[str, Any]:
    """A field of each kind, named by it."""
    made = {}
    for kind in KINDS:
        body = {"name": kind, "type": kind, **({"options": OPTIONS} if "select" in kind else {})}
        made[kind] = ann.post(f"/api/v1/projects/{project['id']}/custom-fields", body).data
    return made


@pytest.fixture
def fill(project: Any, ann: Person, acting: Any, tasks: Tasks) -> Callable[..., None]:
    """Makes tasks with values, whose titles are their numbers."""

    def make(rows: list[dict[str, Any]]) -> None:
        with acting(ann) as uow:
            values = [{"title": str(n), "custom_fields": row} for n, row in enumerate(rows)]
            tasks.create_many(uow, project["id"], values)

    return make


def found(person: Person, project: Any, **query: str) -> list[int]:
    """Numbers of the tasks on all pages, walked by cursor, and as many as the total tells."""
    numbers: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        reply = person.get(TASKS, project_id=project["id"], page_size=7, **query, **cursor)
        numbers += [int(row["title"]) for row in reply.data]
        following = reply.json["pagination"]["next_cursor"]
        if following is None:
            assert len(numbers) == len(set(numbers)) == reply.json["pagination"]["total"]
            return numbers
        cursor = {"cursor": following}


ROWS: list[dict[str, Any]] = [
    {"text": "alpha", "number": 5, "date": "2026-01-01", "select": "Low", "checkbox": True},
    {"text": "ALPHA", "number": 5.5, "date": "2026-03-09", "select": "High", "checkbox": False},
    {"text": "beta, too", "number": -1000, "multi_select": ["Low", "High"], "url": URLS[0]},
    {"multi_select": ["Mid"], "url": URLS[1]},
    {},
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"text": "alpha"}, [0, 1]),
        ({"text": "alpha,beta"}, [0, 1]),
        ({"text": "none"}, [3, 4]),
        ({"number": "5"}, [0]),
        ({"number": "5,-1000"}, [0, 2]),
        ({"number": "5..10"}, [0, 1]),
        ({"number": "..5"}, [0, 2]),
        ({"number": "5.2.."}, [1]),
        ({"number": "none"}, [3, 4]),
        ({"date": "2026-01-01"}, [0]),
        ({"date": "2026-01-01..2026-03-09"}, [0, 1]),
        ({"date": "2026-01-02.."}, [1]),
        ({"date": "..2026-02-01"}, [0]),
        ({"select": "low,HIGH"}, [0, 1]),
        ({"select": "none"}, [2, 3, 4]),
        ({"multi_select": "Low"}, [2]),
        ({"multi_select": "low,mid"}, [2, 3]),
        ({"checkbox": "true"}, [0]),
        ({"checkbox": "FALSE"}, [1]),
        ({"checkbox": "none"}, [2, 3, 4]),
        ({"url": URLS[0]}, [2]),
        ({"text": "alpha", "number": "5.."}, [0, 1]),
        (
            {"text": "alpha", "number": "5..", "select": "high", "checkbox": "false", "date": "2026-03-09"},
            [1],
        ),
        ({"text": "none", "url": "none"}, [4]),
        ({"number": "..0", "multi_select": "high", "url": URLS[0]}, [2]),
    ],
)
@pytest.mark.parametrize("by", ["name", "id"])
def test_filters(
    ann: Person,
    project: Any,
    fields: Any,
    fill: Any,
    by: str,
    asked: dict[str, str],
    expected: list[int],
) -> None:
    fill(ROWS)
    query = {f"custom_fields[{fields[kind][by]}]": value for kind, value in asked.items()}
    assert sorted(found(ann, project, **query)) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "five"),
        ("number", "nan"),
        ("number", ".."),
        ("number", "1..x"),
        ("number", "1,2..3"),
        ("date", "today"),
        ("date", "2026-13-01.."),
        ("select", "Nothing"),
        ("multi_select", "Low,Nothing"),
        ("checkbox", "yes"),
        ("number", ",".join(str(n) for n in range(51))),
    ],
)
def test_a_value_that_is_none_of_the_field_is_refused(
    ann: Person, project: Any, fields: Any, kind: str, value: str
) -> None:
    reply = ann.get(TASKS, project_id=project["id"], **{f"custom_fields[{kind}]": value})
    assert reply.faults == {f"custom_fields.{kind}"}


def test_what_is_asked_of_custom_fields_is_a_project_s(ann: Person, project: Any, fields: Any) -> None:
    number = fields["number"]["id"]
    where = {"project_id": project["id"]}
    assert ann.get(TASKS, **{f"custom_fields[{number}]": "5"}).faults == {"custom_fields"}
    assert ann.get(TASKS, sort=f"custom_fields[{number}]").faults == {"sort"}
    nothing = new_id()
    assert ann.get(TASKS, **where, **{f"custom_fields[{nothing}]": "5"}).faults == {
        f"custom_fields.{nothing}"
    }
    assert ann.get(TASKS, **where, sort=f"-custom_fields[{nothing}]").faults == {"sort"}
    assert ann.get(TASKS, **where, sort_by=f"custom_fields[{nothing}]").faults == {"sort_by"}
    assert ann.get(TASKS, **where, custom_fields="5").faults == {"custom_fields"}
    assert ann.get(TASKS, **where, sort="number_down").faults == {"sort"}
    many = {f"custom_fields[{kind}]": "none" for kind in KINDS[:6]}
    assert ann.get(TASKS, **where, **many).faults == {"custom_fields"}


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("number", [5, None, -2.5, 10**15, None, 0], [2, 5, 0, 3]),
        ("text", ["b", None, "A", "c", None, "aa"], [2, 5, 0, 3]),
        ("date", ["2026-03-09", None, "1000-01-01", "9998-12-31", None, "2026-01-01"], [2, 5, 0, 3]),
        ("select", ["Mid", None, "Low", "High", None, None], [2, 0, 3]),
        ("multi_select", [["High", "Mid"], None, ["Low", "High"], ["High"], None, None], [2, 0, 3]),
        ("checkbox", [True, None, False, None, None, None], [2, 0]),
    ],
)
def test_tasks_without_a_value_come_last_both_ways(
    ann: Person, project: Any, fields: Any, fill: Any, kind: str, values: list[Any], expected: list[int]
) -> None:
    fill([{kind: value} for value in values] * 3)
    sort = f"custom_fields[{fields[kind]['id']}]"
    place = {number: at for at, number in enumerate(expected)}
    for query, ranks in (
        ({"sort": sort}, sorted(place.values())),
        ({"sort": f"-{sort}"}, sorted(place.values(), reverse=True)),
        ({"sort_by": sort, "sort_order": "desc"}, sorted(place.values(), reverse=True)),
    ):
        walked = [number % len(values) for number in found(ann, project, **query)]
        with_value = walked[: 3 * len(expected)]
        assert [place[number] for number in with_value] == [rank for rank in ranks for _ in range(3)]
        assert place.keys().isdisjoint(walked[3 * len(expected) :])


def test_a_cursor_goes_on_in_its_own_order_alone(ann: Person, project: Any, fields: Any, fill: Any) -> None:
    fill(ROWS)
    sorts = [f"custom_fields[{fields[kind]['id']}]" for kind in ("number", "checkbox")]
    query = {"project_id": project["id"], "page_size": 2}
    cursor = ann.get(TASKS, **query, sort=sorts[0]).json["pagination"]["next_cursor"]
    assert len(ann.get(TASKS, **query, sort=sorts[0], cursor=cursor).data) == 2
    for other in (sorts[1], f"-{sorts[0]}", "title"):
        assert ann.get(TASKS, **query, sort=other, cursor=cursor).status == 400
    plain = ann.get(TASKS, **query, sort="title").json["pagination"]["next_cursor"]
    assert ann.get(TASKS, **query, sort=sorts[0], cursor=plain).status == 400


@FEW
@given(data=st.data())
def test_stored_values_show_what_was_given(data: st.DataObject) -> None:
    options = [{"id": new_id(), "label": label} for label in OPTIONS]
    by_label = {each["label"]: each["id"] for each in options}
    kind = data.draw(st.sampled_from(KINDS))
    free = {
        "text": st.text(min_size=1, max_size=300).map(str.strip).filter(bool),
        "number": st.integers(-(10**15), 10**15)
        | st.floats(-1e15, 1e15, allow_nan=False, allow_infinity=False),
        "date": st.dates(date(1000, 1, 1), date(9998, 12, 31)).map(date.isoformat),
    }
    value = data.draw(free.get(kind, VALUES[kind]))
    expected = by_label[value] if kind == "select" else value
    if kind == "multi_select":
        expected = sorted(by_label[each] for each in value)
    stored = cells({"type": kind, "options": options}, value)
    assert shown(stored) == expected
    assert all(len(cell["text_key"] or "") <= 100 for cell in stored)
    assert shown(cells({"type": kind, "options": options}, shown(stored))) == expected


def fits(kind: str, value: Any, text: str) -> bool:
    """Whether a value passes a filter, as the documentation tells."""
    if text == "none" or value is None:
        return text == "none" and value is None
    if ".." in text:
        first, _, last = text.partition("..")
        read: Callable[[str], Any] = date.fromisoformat if kind == "date" else float
        mine = read(str(value))
        return (not first or read(first) <= mine) and (not last or mine <= read(last))
    parts = text.split(",")
    if kind == "number":
        return float(value) in map(float, parts)
    values = value if isinstance(value, list) else [str(value)]
    return any(folded(each) in map(folded, parts) for each in values)


def texts(kind: str) -> Any:
    """What a filter of a kind may say."""
    plain = {"multi_select": OPTIONS, "select": OPTIONS, "checkbox": ["true", "false"]}
    known = {"text": WORDS, "number": list(map(str, NUMBERS)), "date": DAYS, "url": URLS, **plain}[kind]
    several = st.lists(st.sampled_from(known), min_size=1, max_size=3).map(",".join)
    if kind not in ("number", "date"):
        return st.just("none") | several
    ends = st.tuples(st.sampled_from(["", *known]), st.sampled_from(["", *known])).filter(any)
    return st.just("none") | several | ends.map("..".join)


def test_filters_equal_those_done_in_python(ann: Person, project: Any, fields: Any, fill: Any) -> None:
    rows: list[dict[str, Any]] = []

    @FEW
    @given(st.lists(st.fixed_dictionaries({}, optional=VALUES), min_size=6, max_size=6))
    def draw(more: list[dict[str, Any]]) -> None:
        rows.extend(more)

    draw()
    del rows[40:]
    fill(rows)

    @FEW
    @given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5, unique=True), st.data())
    def compare(kinds: list[str], data: st.DataObject) -> None:
        asked = {kind: data.draw(texts(kind)) for kind in kinds}
        expected = [
            number
            for number, row in enumerate(rows)
            if all(fits(kind, row.get(kind), text) for kind, text in asked.items())
        ]
        query = {f"custom_fields[{fields[kind]['id']}]": text for kind, text in asked.items()}
        assert sorted(found(ann, project, **query)) == expected, asked

    compare()
