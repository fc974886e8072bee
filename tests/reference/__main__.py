"""Writes the pages of docs/reference that tell what the code declares, and the lock of the hook specs.

``python -m tests.reference`` writes them, ``--check`` only compares.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pronaflow_kernel.hookspecs import API_VERSION
from pronaflow_kernel.plugins.spec_lock import LOCK, Lock, dump
from pronaflow_kernel.plugins.specs import kernel_specs

from .installation import installation
from .pages import FOLDER, PAGES


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pages, or say which are out of date."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args(arguments).check
    with installation() as world:
        pages = {FOLDER / f"{name}.md": build(world) for name, build in PAGES.items()}
    pages[LOCK] = dump(Lock(API_VERSION, kernel_specs()))
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        names = ", ".join(path.name for path in stale)
        parser.exit(1, f"out of date: {names}; run {parser.prog}\n")
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")


if __name__ == "__main__":
    main()
