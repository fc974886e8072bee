"""The plugin keeps the contract, beside the first-party plugins that it requires."""

from itertools import count
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import discover
from pronaflow_kernel.testing.contract import CHECKS, Subject

from .conftest import HELLO


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """The plugin from this folder, on SQLite."""
    folder, numbers = tmp_path_factory.mktemp("contract"), count()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[1] / "src"))
        installed = [candidate for candidate in discover() if candidate.id != "hello"]
        made = Subject.of(
            "hello",
            lambda: f"sqlite:///{folder / f'{next(numbers)}.sqlite3'}",
            folder,
            [*installed, *discover([HELLO])],
        )
        yield made
        made.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_it_keeps_the_contract(subject, check):
    assert check.problems(subject) == []
