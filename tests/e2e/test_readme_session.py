"""The session with curl that README.md prints runs as printed and answers as printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .session import blocks, documents, run, shows

README = Path(__file__).parents[2] / "README.md"
HEADING = "A session with curl"


def test_the_session_runs_from_registration_to_a_filtered_list(quickstart, tmp_path):
    [script] = blocks(README, HEADING, "bash")
    answers = run(script, quickstart.url, tmp_path)
    assert [answer["success"] for answer in answers] == [True] * len(answers)
    [printed] = blocks(README, HEADING, "json")
    assert shows(json.loads(printed), answers[-1]), answers[-1]


PAGE = """
# A page
```bash
before
```
## A session
```bash
curl one
```
### A part of it
```json title=x
{}
```
```bash
curl two
```
## Another section
```bash
after
```
"""


def test_a_session_is_the_blocks_of_its_section(tmp_path):
    (tmp_path / "page.md").write_text(PAGE)
    assert blocks(tmp_path / "page.md", "A session", "bash") == ["curl one\n", "curl two\n"]
    assert blocks(tmp_path / "page.md", "A session", "json") == ["{}\n"]


def test_a_script_that_fails_fails_the_test(tmp_path):
    for script in ("false", "false | cat", 'echo "$UNSET"', "curl -sS http://localhost:8000/api/v1"):
        with pytest.raises(AssertionError):
            run(f"URL=http://localhost:8000\n{script}", "http://127.0.0.1:1", tmp_path)


def test_answers_stand_one_after_another():
    assert documents('{"a": 1}{"b": 2}\n\n[3]\n') == [{"a": 1}, {"b": 2}, [3]]


@pytest.mark.parametrize(
    ("printed", "answered", "same"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "...": "..."}, {"a": 1, "b": 2}, True),
        ({"a": 1, "...": "..."}, {"b": 2}, False),
        ([{"a": 1}], [{"a": 1}], True),
        ([{"a": 1}], [{"a": 1}, {"a": 1}], False),
    ],
)
def test_an_answer_is_compared_with_what_is_printed(printed, answered, same):
    assert shows(printed, answered) is same
