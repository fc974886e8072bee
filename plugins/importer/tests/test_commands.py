"""The commands: a bar for each pass over a file, as long as what it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pronaflow_importer import commands
from pronaflow_importer.demo import load_demo
from pronaflow_kernel.testing import Person, World

MAPPING = 'source = "s"\nid = "Id"\nproject = { key = "NEW", name = "N" }\nfields.title.column = "Title"\n'


class Bar:
    """A progress bar that remembers."""

    def __init__(self, label: str, length: int) -> None:
        self.label, self.length, self.position = label, length, 0

    def update(self, steps: int) -> None:
        self.position += steps


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    """The bars that were shown, in their order."""
    shown: list[Bar] = []

    @contextmanager
    def progress(label: str, length: int) -> Iterator[Bar]:
        shown.append(Bar(label, length))
        yield shown[-1]

    monkeypatch.setattr(commands, "progress", progress)
    return shown


def test_each_pass_over_a_file_fills_a_bar_of_its_own(
    world: World, ann: Person, tmp_path: Path, bars: list[Bar]
) -> None:
    (tmp_path / "m.toml").write_text(MAPPING)
    file = tmp_path / "f.csv"
    file.write_bytes(b"Id,Title\n1,a\n2,\n3,c\n")
    options = ["--mapping", str(tmp_path / "m.toml"), "--user", ann.username, "--skip-errors"]
    result = world.run("importer", "import", "csv", str(file), *options)
    assert result.exit_code == 0 and "2 created" in result.output
    assert [(bar.label, bar.length) for bar in bars] == [("Checking", file.stat().st_size), ("Importing", 2)]
    assert all(bar.position == bar.length for bar in bars)


def test_loading_over_a_stopped_load_fails_in_words(new_world: Callable[..., World], bars: list[Bar]) -> None:
    world = new_world()

    def stop(_days: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_demo(world.kernel.contexts["importer"], stop)
    result = world.run("importer", "demo", "load")
    assert result.exit_code == 1 and "pronaflow demo reset" in result.output
