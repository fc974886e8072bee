"""The page that says what proves each line of the seeds is whole, true and up to date."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .contract import endpoints
from .coverage import PAGE, mapping, missing, named_tests, not_run, page, replay_of, rows, whole
from .outline import FOLDER, SEEDS, outline
from .sections import pending

REPLAYS = {replay_of(endpoint.name) for endpoint in endpoints()} | {
    whole(item.section) for item in outline(SEEDS[0]) if item.endpoint
}


@pytest.fixture(scope="module")
def collected():
    files = sorted({test.split("::")[0] for test in named_tests() | REPLAYS})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *files]
    done = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_every_item_of_both_seeds_has_a_row():
    for seed in SEEDS:
        assert [item for item, _ in rows(seed)] == list(outline(seed))


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.seed.coverage"


def test_every_named_test_exists(collected):
    assert missing(named_tests(), collected) == []


def test_the_tests_of_sections_that_are_not_built_yet_exist_already(collected):
    assert missing(REPLAYS, collected) == []


def test_what_is_called_not_built_is_on_the_list_of_pending_sections():
    called = {proof.pending for seed in SEEDS for _, proof in rows(seed) if proof.pending}
    assert called <= set(pending())


def test_no_entry_is_left_over():
    items = {(item.section, item.text) for seed in SEEDS for item in outline(seed)}
    entries = {(section, text) for section, texts in mapping().items() for text in texts}
    starred = {(section, "*") for section, _ in items - entries}
    assert entries - items - starred == set()


def test_a_named_test_that_was_only_skipped_is_noticed():
    named = {"tests/a.py::test_one", "tests/a.py::test_two[x]", "tests/a.py::test_three"}
    ran = {"tests/a.py::test_one[postgresql]", "tests/a.py::test_two[sqlite-y]"}
    skipped = {"tests/a.py::test_one[sqlite]", "tests/a.py::test_two[sqlite-x]"}
    assert not_run(named, ran, skipped) == ["tests/a.py::test_two[x]"]


def test_a_named_test_that_does_not_exist_is_noticed():
    named = {"tests/a.py::test_one", "tests/a.py::test_two[x]"}
    assert missing(named, {"tests/a.py::test_one[sqlite]", "tests/a.py::test_two[y]"}) == [
        "tests/a.py::test_two[x]"
    ]
