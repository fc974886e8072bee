"""The page on background work: its plugin runs, and its test passes."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, JobOut, Scope
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

from .documents import blocks, shown
from .installation import ROOT

PAGE = ROOT / "docs/how-to/write-background-work.md"
MANIFEST = """
manifest = 1
id = "words"
name = "Words"
summary = "Counts words"
category = "example"
api = ">=1.0,<2"
scope = "system"
permissions = ["write:words"]
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision, down_revision = "0001", None


def upgrade():
    op.create_table(
        "words__count",
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(10), nullable=False),
    )


def downgrade():
    op.drop_table("words__count")
"""


@pytest.fixture(scope="module")
def world(new_database, tmp_path_factory):
    """A server with the plugin of the page and nothing else."""
    site = tmp_path_factory.mktemp("site")
    package = site / "words_of_the_page"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.toml").write_text(MANIFEST)
    (package / "plugin.py").write_text(shown(PAGE, "plugin.py"))
    (package / "migrations/0001_count.py").write_text(MIGRATION)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        point = EntryPoint("words", "words_of_the_page.plugin:WordsPlugin", GROUP)
        made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=discover([point]))
        yield made
        made.close()


def test_the_plugin_of_the_page_starts(world):
    status = world.kernel.state("words")
    assert (status.state, status.reason) == ("ready", "")


def test_the_test_of_the_page_passes(ann, drain):
    found = {}
    exec(shown(PAGE, "test_words.py"), found)  # it is our own page
    found["test_counting"](ann, drain)


def counted(world, person):
    from words_of_the_page.plugin import Count

    here = select(Count.words).where(Count.workspace_id == SCOPE_WORKSPACE)
    with world.kernel.db.read(Scope.system(person.workspace_id)) as reader:
        return [row["words"] for row in reader.all(here)]


def test_its_second_job_keeps_the_number_and_the_third_forgets_it(world, ann, drain, clock):
    ann.post("/api/v1/words", {"text": "one two"})
    drain()
    assert counted(world, ann) == [2]
    clock.advance(31 * 86_400)
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.contexts["words"].jobs.enqueue(uow, "forget", {})
    drain()
    assert counted(world, ann) == []


def test_the_page_names_every_status():
    statuses = JobOut().fields["status"].metadata["enum"]
    text = PAGE.read_text()
    assert [status for status in statuses if f"| `{status}` |" not in text] == []
    assert {block.language for block in blocks(PAGE)} == {"python"}
