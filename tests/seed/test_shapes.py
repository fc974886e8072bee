"""The comparison of an answer with a printed example."""

import pytest

from .shapes import Allowed, problems

ID = "0195b3c4-7d6e-7a10-8f21-3c4d5e6f7a8b"


@pytest.mark.parametrize(
    ("example", "right", "wrong", "expected"),
    [
        ("uuid", ID, ["x", ID.upper(), 7, None], "an id"),
        ("task_uuid", ID, ["task_uuid"], "an id"),
        ("archived_by_id", ID, [""], "an id"),
        ("2026-02-03T10:30:00Z", "2031-12-01T00:00:00.123456Z", ["2031-13-01T00:00:00Z"], "a time in UTC"),
        ("2026-02-03T10:30:00Z", "2031-12-01T00:00:00Z", ["2031-12-01T00:00:00+00:00"], "a time in UTC"),
        ("2027-02-03", "2028-02-29", ["2027-02-29", "2027-02-03T00:00:00Z", "20270203"], "a date"),
        ("22:00", "07:30", ["7:30", "25:00"], "a time of day"),
        ("Design UI", "", [1, True, [], {}], "text"),
        ("github_username", "octocat", [1], "text"),
        (45, 45.5, ["45", True], "a number"),
        (67.6, 67, [False], "a number"),
        (True, False, [1, 0, "true", None], "true or false"),
        (["repo"], ["a", "b"], [{"0": "a"}, "a"], "a list"),
        ({"a": 1}, {"a": 1, "more": None}, [[], 1], "an object"),
    ],
)  # fmt: skip
def test_types_are_read_off_the_example(example, right, wrong, expected):
    assert problems(example, right) == []
    for value in wrong:
        [problem] = problems(example, value)
        assert f"expected {expected}" in problem


def test_every_documented_key_at_any_depth_is_demanded_and_all_problems_are_named():
    example = {"data": [{"id": "uuid", "quiet_hours": {"enabled": True, "start": "22:00"}}], "total": 1}
    actual = {"data": [{"id": ID, "quiet_hours": {"start": "22:00"}}, {"id": 5, "quiet_hours": None}]}
    assert problems(example, actual) == [
        "data[0].quiet_hours.enabled is missing",
        "data[1].id is 5, expected an id",
        "data[1].quiet_hours is null, expected an object",
        "total is missing",
    ]


def test_every_element_of_a_list_is_looked_at_and_an_empty_list_proves_nothing():
    assert problems(["text"], ["a", 1]) == ["[1] is 1, expected text"]
    assert problems({"data": [{"id": "uuid"}]}, {"data": []}) == [
        "data is empty, so that nothing is proved about its elements"
    ]
    assert problems({"data": [{"id": "uuid"}]}, {"data": []}, filtered=True) == []


def test_null_is_refused_unless_the_place_is_on_the_allow_list():
    example = {"data": [{"read_at": "2026-02-03T10:30:00Z"}]}
    some = {"data": [{"read_at": None}, {"read_at": "2026-02-03T10:30:00Z"}]}
    allowed = Allowed(null={"data[].read_at": "an unread notification"})
    assert problems(example, some) == ["data[0].read_at is null, expected a time in UTC that ends in Z"]
    assert problems(example, some, allowed) == []
    assert problems(example, {"data": [{"read_at": None}]}, allowed) == [
        "data[].read_at is in no element as printed"
    ]
    assert problems(example, {"data": [{}]}, allowed) == ["data[0].read_at is missing"]


def test_a_key_that_only_some_printed_elements_have_is_null_where_it_does_not_apply():
    example = [
        {"id": "uuid", "delivered_at": "2026-02-03T10:31:00Z"},
        {"id": "uuid", "last_error": "No answer"},
    ]
    delivered = {"id": ID, "delivered_at": "2026-02-03T10:31:00Z", "last_error": None}
    failed = {"id": ID, "delivered_at": None, "last_error": "No answer"}
    assert problems(example, [delivered, failed]) == []
    assert problems(example, [delivered]) == ["[].last_error is in no element as printed"]
    assert problems(example, [delivered, {"id": ID, "last_error": "No answer"}]) == [
        "[1].delivered_at is missing"
    ]


def test_an_object_that_follows_the_data_must_be_as_printed_in_one_element():
    example = {"data": [{"payload": {"title": "Design UI"}}]}
    allowed = Allowed(varies={"data[].payload": "each event type has keys of its own"})
    other, printed = {"payload": {"name": "x"}}, {"payload": {"title": "x"}}
    assert problems(example, {"data": [other, printed]}, allowed) == []
    assert problems(example, {"data": [other]}, allowed) == ["data[].payload is in no element as printed"]
    assert problems(example, {"data": [printed, {"payload": 1}]}, allowed) == [
        "data[1].payload is 1, expected an object"
    ]
