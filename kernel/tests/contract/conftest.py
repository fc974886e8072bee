"""The plugin `notebooks`, as it is and broken in one way each."""

from __future__ import annotations

import importlib
import itertools
import shutil
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing.contract import Subject

NOTEBOOKS = Path(__file__).parents[1] / "packages" / "notebooks_plugin"

_numbers = itertools.count(1)


def entry_point(package):
    """As the distribution of the plugin would declare it."""
    return EntryPoint("notebooks", f"{package}.plugin:NotebooksPlugin", GROUP)


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Writes the plugin with some of its text replaced: `broken({"plugin.py": [(old, new)]})`."""
    made = []

    def write(changes):
        package = f"notebooks_{next(_numbers)}"
        shutil.copytree(NOTEBOOKS, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        for file, replacements in changes.items():
            path = tmp_path / package / file
            text = path.read_text()
            for old, new in replacements:
                assert text.count(old) == 1 or not old, (file, old, text.count(old))
                text = text.replace(old, new) if old else new + text
            path.write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        subject = Subject.of(
            "notebooks",
            lambda: f"sqlite:///{tmp_path / f'{next(_numbers)}.sqlite3'}",
            tmp_path,
            discover([entry_point(package)]),
        )
        made.append((package, subject))
        return subject

    yield write
    for package, subject in made:
        subject.close()
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[name]
