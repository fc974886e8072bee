"""A plugin that keeps the contract passes; broken in one way, it is found by the check that is about it."""

from __future__ import annotations

import pytest

from pronaflow_kernel.plugins.discovery import discover
from pronaflow_kernel.testing.contract import CHECKS, Subject

from .conftest import entry_point

CHECK = {check.name: check for check in CHECKS}

NOTEBOOKS_QUERY = "NOTEBOOKS = api.Listing("
FAULTS = {
    "a hook that the manifest does not name": (
        "manifest",
        {"plugin.toml": [(', "erase_user_data"', "")]},
        "`hooks` does not name erase_user_data, which the code brings",
    ),
    "a table that is read by nobody": (
        "manifest",
        {"plugin.toml": [('scope = "system"', 'scope = "system"\nreads = ["core__workspace"]')]},
        "`reads` names core__workspace, and no module",
    ),
    "a host that is called by nobody": (
        "manifest",
        {"plugin.toml": [('scope = "system"', 'scope = "system"\nnetwork = ["example.com"]')]},
        "`network` names example.com, and nothing uses `ctx.http`",
    ),
    "a private import": (
        "imports",
        {
            "queries.py": [
                ("from .models", "from pronaflow_kernel.persistence.uow import Row\n\nfrom .models")
            ]
        },
        "queries.py:9 imports pronaflow_kernel.persistence.uow: plugins import pronaflow_kernel.api",
    ),
    "code in the package": (
        "manifest",
        {"__init__.py": [("", "VERSION = 1\n")]},
        "__init__.py must be empty but for a docstring",
    ),
    "an environment variable read on import": (
        "side_effects",
        {
            "models.py": [
                ("from sqlalchemy import F", "import os\nfrom sqlalchemy import F"),
                ("Base =", "H = os.getenv('HOME')\nBase ="),
            ]
        },
        "reads the environment variable HOME when it is imported",
    ),
    "a thread started on import": (
        "side_effects",
        {
            "routes.py": [
                ("READ, WRITE", "import threading\n\nthreading.Thread(target=int).start()\nREAD, WRITE")
            ]
        },
        "starts a thread when it is imported",
    ),
    "arguments in another order": (
        "signatures",
        {
            "plugin.py": [
                ("reader: api.Reader, resource: str, rows", "resource: str, reader: api.Reader, rows")
            ]
        },
        "takes its arguments in another order than reader, resource, rows",
    ),
    "an annotation that is not so": (
        "signatures",
        {"plugin.py": [("resource: str, rows: Sequence[api.Row]", "resource: str, rows: Mapping[str, Any]")]},
        "says rows is Mapping[str,Any]; the hook passes Sequence[Row]",
    ),
    "a route without a word about it": (
        "routes",
        {"routes.py": [('        """Read a page."""\n', "")]},
        "has no summary: give its handler a docstring",
    ),
    "an answer that nothing describes": (
        "routes",
        {"routes.py": [("permission=SIGN, returns=SignatureOut)", "permission=SIGN)")]},
        "does not say what it answers",
    ),
    "a route that fails": (
        "routes",
        {"routes.py": [('return ctx.trash.restore(uow, "page", page_id)', "return {}[page_id]")]},
        "answers 500",
    ),
    "a text that is not expected to be a number": (
        "input",
        {
            "schemas.py": [
                ("import fields\n", "import fields, pre_load\n"),
                (
                    "    text = api.Text(10_000, allow_none=True)\n",
                    "    text = api.Text(10_000, allow_none=True)\n\n"
                    "    @pre_load\n"
                    "    def trim(self, data, **_):\n"
                    "        return {name: value.strip() for name, value in data.items()}\n",
                ),
            ]
        },
        "notebooks_change_page title=7: answers 500",
    ),
    "a page for everybody": (
        "isolation",
        {
            "routes.py": [
                ('permission=READ, target=api.in_path("page")', "permission=SIGN"),
                ("return reader.get(Page, page_id)", "return reader.one(queries.ANY, id=page_id) or {}"),
            ],
            "queries.py": [
                (
                    NOTEBOOKS_QUERY,
                    'ANY = api.unscoped("all", select(Page.__table__).where(Page.id == bindparam("id")))\n'
                    + NOTEBOOKS_QUERY,
                )
            ],
        },
        "page_id in the path: a foreign id answers 200, not 404",
    ),
    "a list of private pages": (
        "containers",
        {"queries.py": [(", Page.notebook_id.in_(VISIBLE)\n", "\n")]},
        "notebooks_list_pages tells a workspace admin who is not in the container xenolith",
    ),
    "a private notebook that opens": (
        "containers",
        {"queries.py": [(".where(*_HERE, _SEEN, Notebook.id", ".where(*_HERE, Notebook.id")]},
        "a foreign id answers 200, not 404 (to a workspace viewer)",
    ),
    "a statement for each row of a list": (
        "budgets",
        {
            "routes.py": [
                (
                    'return queries.PAGES.page(reader, query, {"written_by": query["written_by"]})',
                    'page = queries.PAGES.page(reader, query, {"written_by": query["written_by"]})\n'
                    '        for row in page.rows:\n            reader.get(Notebook, row["notebook_id"])\n'
                    "        return page",
                )
            ]
        },
        "notebooks_list_pages (GET /api/v1/notebooks/pages) takes",
    ),
    "a statement for each extended row": (
        "budgets",
        {
            "plugin.py": [
                (
                    'reader.all(queries.HEARD, ids=[r["id"] for r in rows])',
                    '[r for row in rows for r in reader.all(queries.HEARD, ids=[row["id"]])]',
                )
            ]
        },
        "read them together",
    ),
    "a thread in a request": (
        "watching",
        {
            "routes.py": [
                ("from typing import Any", "import threading\nfrom typing import Any"),
                (
                    "        row = uow.insert(Page",
                    "        threading.Thread(target=int).start()\n        row = uow.insert(Page",
                ),
            ]
        },
        "starts a thread: leave it to the kernel",
    ),
    "an engine of its own": (
        "watching",
        {
            "plugin.py": [
                ("from sqlalchemy import MetaData", "from sqlalchemy import MetaData, create_engine, text"),
                (
                    "    uow.insert(Heard",
                    '    with create_engine("sqlite://").connect() as own:\n'
                    '        own.execute(text("SELECT 1"))\n    uow.insert(Heard',
                ),
            ]
        },
        "uses an engine past its reader or unit of work",
    ),
    "an answer that changes by itself": (
        "switching",
        {
            "routes.py": [
                ("READ, WRITE", "SEEN: list[int] = []\nREAD, WRITE"),
                ('return found or {"text": None}', 'SEEN.append(1)\n        return {"text": str(len(SEEN))}'),
            ]
        },
        "switched off and on for the server the first time, notebooks_get_signature",
    ),
    "a list that grows by itself": (
        "switching",
        {
            "routes.py": [
                ("READ, WRITE", "SEEN: list[int] = []\nREAD, WRITE"),
                (
                    "return ctx.ledger.in_workspace(reader, query)",
                    "SEEN.append(1)\n        page = ctx.ledger.in_workspace(reader, query)\n"
                    '        more = [{**page.rows[0], "id": api.new_id()} for _ in SEEN]\n'
                    "        return dataclasses.replace(page, rows=[*more, *page.rows])",
                ),
                ("from typing import Any", "import dataclasses\nfrom typing import Any"),
            ]
        },
        "switched off and on for the server the first time, notebooks_list_log",
    ),
    "a list that loses what was in it": (
        "switching",
        {
            "routes.py": [
                ("READ, WRITE", "SEEN: list[int] = []\nREAD, WRITE"),
                (
                    "return ctx.ledger.in_workspace(reader, query)",
                    "SEEN.append(1)\n        page = ctx.ledger.in_workspace(reader, query)\n"
                    "        return dataclasses.replace(page, rows=page.rows[:-len(SEEN)])",
                ),
                ("from typing import Any", "import dataclasses\nfrom typing import Any"),
            ]
        },
        "switched off and on for the server the first time, notebooks_list_log",
    ),
    "a table that downgrade forgets": (
        "migrations",
        {
            "migrations/0001_initial.py": [
                ('("signature", "heard", "page", "notebook")', '("heard", "page", "notebook")')
            ]
        },
        "downgrade() of the migrations leaves table notebooks__signature",
    ),
    "a column that no migration makes": (
        "migrations",
        {"models.py": [("    byline: Mapped", "    subtitle: Mapped[str | None]\n    byline: Mapped")]},
        "models and migrations differ; a further migration would say",
    ),
    "a table of another name": (
        "uninstall",
        {
            "migrations/0001_initial.py": [
                (
                    "def upgrade() -> None:\n",
                    'def upgrade() -> None:\n    op.create_table("pages", sa.Column("id", IdType()))\n',
                ),
                ("def downgrade() -> None:\n", 'def downgrade() -> None:\n    op.drop_table("pages")\n'),
            ]
        },
        "uninstalled with its data in place, table pages is left",
    ),
    "a dislike of neighbours": (
        "neighbours",
        {
            "plugin.py": [
                ("from typing import Any", "import sys\nfrom typing import Any"),
                (
                    "return [build(self.ctx)]",
                    'assert not any(name.startswith("zoo_") for name in sys.modules), "Alone!"\n'
                    "        return [build(self.ctx)]",
                ),
            ]
        },
        "beside broken plugins it is failed",
    ),
    "an export that leaves something out": (
        "personal_data",
        {"plugin.py": [('            "signature": queries.SIGNATURE,\n', "")]},
        "rows of notebooks__signature that name the user (user_id)",
    ),
    "a name that is not erased": (
        "personal_data",
        {"plugin.py": [("        uow.execute(queries.UNSIGN, user_id=user_id)\n", "")]},
        "notebooks__page.byline still holds the user's mail or name",
    ),
    "words that are not erased": (
        "personal_data",
        {"plugin.py": [("        uow.execute(queries.FORGET, user_id=user_id)\n", "")]},
        "notebooks__signature.text still holds words of the user beside their id",
    ),
}
"""What is wrong, the check that finds it, the changes, and words of the finding."""


@pytest.mark.parametrize("check", CHECK.values(), ids=CHECK)
def test_a_plugin_that_keeps_the_contract_passes(sound, check):
    assert check.problems(sound) == []


def test_it_leaves_no_notes_either(sound):
    assert [note for note in sound.notes if "distribution" not in note] == []


@pytest.fixture(scope="module")
def sound(new_database, tmp_path_factory):
    """The plugin as it is."""
    folder = tmp_path_factory.mktemp("notebooks")
    subject = Subject.of("notebooks", new_database, folder, discover([entry_point("notebooks_plugin")]))
    yield subject
    subject.close()


@pytest.mark.parametrize(("name", "changes", "words"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_found(broken, name, changes, words):
    problems = CHECK[name].problems(broken(changes))
    assert any(words in problem for problem in problems), problems


def test_a_plugin_that_does_not_run_is_told_by_every_check_that_needs_it(broken):
    subject = broken({"plugin.py": [("return [build(self.ctx)]", "return [build(self.nothing)]")]})
    for check in CHECKS:
        if check.server:
            (problem,) = check.problems(subject)
            assert "it is failed: provide_blueprints: AttributeError" in problem


def test_an_id_that_nobody_has_is_answered_with_those_there_are(new_database, tmp_path):
    with pytest.raises(
        LookupError, match=r"no installed plugin is called 'nonsense'; installed are: notebooks"
    ):
        Subject.of("nonsense", new_database, tmp_path, discover([entry_point("notebooks_plugin")]))
