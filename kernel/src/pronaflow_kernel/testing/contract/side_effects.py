"""Importing a plugin must do nothing: a command line that only shows its name imports nothing else either."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import probe
from .imports import PUBLIC
from .subject import Subject

PATIENCE = 60.0
"""Seconds after which an import that still works at something is ended."""


def problems(subject: Subject) -> Iterator[str]:
    """What happens when package and module of the plugin class are imported, in a process of its own."""
    others = [each.entry_point.module for each in subject.candidates if each.id != subject.id]
    asked = {
        "path": sys.path,
        "first": [*PUBLIC, *others],
        "package": subject.candidate.package,
        "folder": str(subject.package_folder),
        "module": subject.candidate.entry_point.module,
    }
    command = [sys.executable, "-B", "-P", str(Path(probe.__file__))]
    try:
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        yield f"importing {asked['module']} does not end within {PATIENCE:.0f} seconds"
        return
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2] or f"the process ends with {done.returncode}"
        yield f"importing {asked['module']} fails: {last}"
        return
    for found in json.loads(done.stdout.strip().rpartition("\n")[2]):
        yield f"{found} when it is imported: do that in setup() or later"
