"""What the pages written by hand show exists: files, commands, options, settings."""

from __future__ import annotations

import re
import shlex

import pytest

from pronaflow_kernel.settings import keys
from pronaflow_kernel.settings.sources import CONFIG_VARIABLE, variable
from pronaflow_kernel.testing import plugin as fixtures
from pronaflow_tasks.api import PRIORITIES, STATUSES

from .commands import commands as known_commands
from .documents import PAGES, anchors, blocks, commands, links, shown
from .installation import ROOT
from .settings import shape

TESTS = ROOT / "docs/how-to/write-tests-for-a-plugin.md"
IMPORT = ROOT / "docs/how-to/import-a-csv-file.md"
EXAMPLES = {"PRONAFLOW_SECTION__KEY"}
"""Names that stand for any other."""

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pages
def test_every_link_leads_somewhere(page):
    broken = []
    for link in links(page):
        path, _, place = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" not in link and not (target.exists() and (not place or place in anchors(target))):
            broken.append(link)
    assert broken == []


@pages
def test_every_command_exists_with_its_options(page, server):
    contexts = {context.command_path: context for _, context in known_commands(server)}
    for line in commands(page):
        words = ["pronaflow", *shlex.split(line)]
        path = max((path for path in contexts if words[: len(path.split())] == path.split()), key=len)
        command, given = contexts[path].command, words[len(path.split()) :]
        options, rest, _ = command.make_parser(contexts[path]).parse_args(given)
        assert not rest, f"{line}: {rest} is too much"
        missing = [param.name for param in command.params if param.required and param.name not in options]
        assert missing == [], line


@pages
def test_every_variable_is_a_setting(page, server):
    known = {
        name
        for section, cls in shape(server).items()
        for key, field in keys(cls).items()
        for name in (variable((section, key)), variable((section, f"{key}_file")))
        if field.metadata["secret"] or not name.endswith("_FILE")
    }
    tests = {"PRONAFLOW_TEST_DATABASE_URL"}
    assert all(name in (ROOT / "kernel/src/pronaflow_kernel/testing/plugin.py").read_text() for name in tests)
    named = set(re.findall(r"\bPRONAFLOW_[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named - known - tests - EXAMPLES - {CONFIG_VARIABLE} == set()


@pages
def test_a_block_with_the_name_of_a_repository_file_is_an_excerpt_of_it(page):
    for block in blocks(page):
        file = ROOT / block.title
        if "/" in block.title and file.is_file():
            assert block.text in file.read_text(encoding="utf-8"), block.title


def test_the_fixtures_on_the_page_are_those_of_the_kit():
    kinds = {name: type(value).__name__ for name, value in vars(fixtures).items()}
    offered = {name for name, kind in kinds.items() if "FixtureFunction" in kind and name[0] != "_"}
    assert offered
    table = TESTS.read_text().partition("| fixture | what it is |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|.*?\|", table, re.MULTILINE)))) == offered


def test_the_words_of_the_import_page_are_those_of_tasks():
    text = " ".join(IMPORT.read_text().split())
    assert f"A status must be one of {', '.join(f'`{word}`' for word in STATUSES)}" in text
    assert f"a priority one of {', '.join(f'`{word}`' for word in PRIORITIES)};" in text


def test_the_production_settings_of_the_page_are_in_the_example():
    lines = (ROOT / "config/production.toml").read_text().splitlines()
    shown_lines = shown(ROOT / "docs/how-to/run-on-postgresql.md", "pronaflow.toml").splitlines()
    assert shown_lines
    assert set(shown_lines) <= set(lines)
