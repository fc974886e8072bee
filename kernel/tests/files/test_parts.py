"""Parts of stored files (RFC 9110, 13 and 14), and files that the caller has already."""

from __future__ import annotations

import pytest

CONTENT = bytes(range(256)) * 1000
SIZE = len(CONTENT)


@pytest.fixture
def paper(ann, shelf):
    made = ann.upload(shelf, "plan.html", CONTENT).data
    return f"/api/v1/shelf/{made['id']}"


def part(person, paper, **headers):
    return person.request("GET", paper, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_the_whole_file_is_saved_and_never_shown(ann, paper):
    whole = ann.get(paper)
    assert (whole.status, whole.body) == (200, CONTENT)
    assert whole.headers["Content-Type"] == "application/octet-stream"
    assert whole.headers["Content-Disposition"].startswith('attachment; filename="plan.html"')
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Length"] == str(SIZE)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        (f"bytes=-{SIZE * 2}", 0, SIZE),
        (f"bytes=5-{SIZE * 2}", 5, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("BYTES= 1-2 ", 1, 3),
    ],
)
def test_one_part(ann, paper, asked, start, stop):
    answer = part(ann, paper, Range=asked)
    assert answer.status == 206
    assert answer.body == CONTENT[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=5-4",
        "bytes=-",
        "bytes=a-b",
        "lines=1-2",
        "bytes",
        "",
        "bytes=--1",
        "bytes=1-2-3",
    ],
)
def test_several_parts_and_what_is_no_part_are_the_whole(ann, paper, asked):
    answer = part(ann, paper, Range=asked)
    assert (answer.status, answer.body) == (200, CONTENT)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_part_that_is_not_there(ann, paper, asked):
    answer = part(ann, paper, Range=asked)
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
    assert answer.error["code"] == "RANGE_NOT_SATISFIABLE"


def test_of_an_empty_file_there_is_no_part(ann, shelf):
    empty = f"/api/v1/shelf/{ann.upload(shelf, 'a', b'').data['id']}"
    assert ann.get(empty).body == b""
    assert part(ann, empty, Range="bytes=0-").status == 416


class TestConditions:
    @pytest.fixture
    def seen(self, ann, paper):
        return ann.get(paper).headers

    def test_the_tag_is_the_digest(self, ann, shelf):
        made = ann.upload(shelf, "a", b"x").data
        assert ann.get(f"/api/v1/shelf/{made['id']}").headers["ETag"] == f'"{made["sha256"]}"'

    @pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
    def test_the_rest_of_the_same_file(self, ann, paper, seen, name):
        answer = part(ann, paper, Range="bytes=5-6", If_Range=seen[name])
        assert (answer.status, answer.body) == (206, CONTENT[5:7])

    @pytest.mark.parametrize("other", ['"other"', "Sun, 22 Nov 2020 16:00:00 GMT", "nonsense", 'W/"{tag}"'])
    def test_the_rest_of_another_is_the_whole(self, ann, paper, seen, other):
        other = other.format(tag=seen["ETag"].strip('"'))
        answer = part(ann, paper, Range="bytes=5-6", If_Range=other)
        assert (answer.status, answer.body) == (200, CONTENT)

    def test_what_the_caller_has_is_not_sent_again(self, ann, paper, seen):
        for header in ({"If_None_Match": seen["ETag"]}, {"If_Modified_Since": seen["Last-Modified"]}):
            answer = part(ann, paper, **header, Range="bytes=0-1")
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["ETag"] == seen["ETag"]

    def test_the_tag_counts_before_the_date(self, ann, paper, seen):
        answer = part(ann, paper, If_None_Match='"other"', If_Modified_Since=seen["Last-Modified"])
        assert answer.status == 200


def test_head_tells_the_size_and_opens_nothing(world, ann, paper, monkeypatch):
    monkeypatch.setattr(type(world.kernel.store), "open", None)
    answer = ann.request("HEAD", paper, headers={"Range": "bytes=0-1"})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(SIZE)


def test_a_file_whose_content_is_lost_is_not_found(world, ann, paper, stored):
    for path in stored():
        path.unlink()
    answer = ann.get(paper)
    assert (answer.status, answer.error["message"]) == (404, "The content of this file is gone")
