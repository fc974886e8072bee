"""Sessions in a shell that a page prints: what is typed, run against a real server, and what is answered."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

PRINTED_URL = "http://localhost:8000"
"""Where the pages say that the server is."""


def blocks(page: Path, heading: str, language: str) -> list[str]:
    """The fenced blocks of a language in the section of a page.

    Arguments:
        page: a Markdown file.
        heading: of the section; it ends with the next heading of the same level or above.
        language: the first word after the fence.
    """
    found: list[str] = []
    level = None
    tokens = MarkdownIt().parse(page.read_text())
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open":
            if level is not None and token.tag <= level:
                break
            if following is not None and following.content == heading:
                level = token.tag
        elif token.type == "fence" and level is not None and token.info.split()[:1] == [language]:
            found.append(token.content)
    return found


def run(script: str, url: str, folder: Path) -> list[Any]:
    """Run a script with bash and answer the JSON documents that it prints.

    Arguments:
        script: as printed; `PRINTED_URL` in it becomes `url`.
        folder: where it runs.
    """
    [printed] = outputs([script], url, folder)
    return documents(printed)


def outputs(
    scripts: Sequence[str], url: str, folder: Path, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """Run scripts one after another in one bash, which remembers variables; what each of them prints.

    Arguments:
        scripts: as printed; `PRINTED_URL` in them becomes `url`.
        folder: where they run.
        environment: of the bash.
    """
    whole = "\nprintf '\\f'\n".join(scripts)
    assert PRINTED_URL in whole, "the session names no server"
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{whole.replace(PRINTED_URL, url)}"],
        cwd=folder,
        env={**environment, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.split("\f")


def documents(text: str) -> list[Any]:
    """JSON documents that stand one after another."""
    found, rest = [], text.lstrip()
    while rest:
        value, end = json.JSONDecoder().raw_decode(rest)
        found.append(value)
        rest = rest[end:].lstrip()
    return found


def shows(printed: Any, answered: Any) -> bool:
    """Whether an answer is as a page prints it; a key `"..."` stands for further ones."""
    if isinstance(printed, dict) and isinstance(answered, dict):
        keys = printed.keys() - {"..."}
        return all(key in answered and shows(printed[key], answered[key]) for key in keys) and (
            "..." in printed or keys == answered.keys()
        )
    if isinstance(printed, list) and isinstance(answered, list):
        return len(printed) == len(answered) and all(map(shows, printed, answered))
    return bool(printed == answered)
