"""One migration chain a plugin: what `status`, `upgrade`, `downgrade`, and `sql` promise."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pronaflow_kernel.persistence.copies import KEPT, copies
from pronaflow_kernel.persistence.migrations import (
    Chain,
    MigrationError,
    Step,
    downgrade,
    sql,
    status,
    upgrade,
)

if TYPE_CHECKING:
    from conftest import Database, Plugins

PARENT = """
op.create_table(
    'alpha__parent', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(10))
)
"""
CHILD = """
op.create_table(
    'beta__child',
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('parent_id', sa.Integer, sa.ForeignKey('alpha__parent.id', ondelete='CASCADE')),
)
"""
REBUILD = """
with op.batch_alter_table('alpha__parent') as batch:
    batch.alter_column('name', type_=sa.String(200))
"""


def done(steps: list[Step]) -> list[str]:
    return [f"{step.chain} {'-' if step.down else '+'}{step.revision}" for step in steps]


class TestStatus:
    def test_tells_what_is_pending_and_then_that_nothing_is(
        self, database: Database, plugins: Plugins
    ) -> None:
        chain = plugins.numbered("alpha", 2)
        [before] = status(database.read, [chain])
        assert (before.current, before.head, before.pending) == (None, "0002", ("0001", "0002"))
        assert before.words == (
            "alpha: the database is at revision none, pending: 0001, 0002; pronaflow db upgrade runs them"
        )
        upgrade(database.write, [chain])
        [after] = status(database.read, [chain])
        assert (after.current, after.head, after.pending) == ("0002", "0002", ())
        assert after.words == "alpha: the database is at revision 0002, which is the newest"

    def test_of_a_plugin_without_tables_is_that_there_is_nothing_to_do(
        self, database: Database, plugins: Plugins
    ) -> None:
        [found] = status(database.read, [plugins.chain("alpha")])
        assert (found.head, found.pending, found.ahead) == (None, (), False)

    def test_costs_two_statements_and_neither_imports_alembic_nor_plugins(
        self, on_sqlite: Database, sqlite_file: Path, plugins: Plugins
    ) -> None:
        upgrade(on_sqlite.write, [plugins.numbered("alpha", 1), plugins.chain("beta")])
        code = f"""
            import sys
            import sqlalchemy as sa
            from pronaflow_kernel.persistence.migrations import Chain, status
            engine = sa.create_engine("sqlite:///{sqlite_file}")
            statements = []
            sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
            chains = [Chain(id, "shop_" + id) for id in ("alpha", "beta")]
            print(*[found.words for found in status(engine, chains)])
            print(len([s for s in statements if not s.startswith("PRAGMA")]))
            print([name for name in sys.modules if name.startswith(("alembic", "mako", "shop_"))])
        """
        words, statements, modules = plugins.process(code).communicate()[0].splitlines()
        assert words.startswith("alpha: the database is at revision 0001, which is the newest")
        assert (int(statements), modules) == (2, "[]")

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["0002_late.py"], "0001_"),
            (["0001_one.py", "0003_three.py"], "0002_"),
            (["0001_one.py", "0001_other.py"], "0002_"),
            (["0001_one.py", "helper.py"], "0002_"),
            (["0001.py"], "0001_"),
        ],
    )
    def test_refuses_files_that_are_no_chain(self, plugins: Plugins, names: list[str], expected: str) -> None:
        chain = plugins.chain("alpha")
        for name in ["__init__.py", "_shared.py", *names]:
            plugins.script("alpha", name, 1, "pass")
        with pytest.raises(MigrationError, match=f"alpha: .*{names[-1]} .* must be called {expected}"):
            _ = chain.head

    def test_names_a_package_that_is_not_installed(self) -> None:
        with pytest.raises(MigrationError, match="alpha: package 'shop_of_nobody' is not installed"):
            Chain("alpha", "shop_of_nobody").scripts()


class TestUpgrade:
    def test_runs_chains_in_the_given_order_and_each_step_once(
        self, database: Database, plugins: Plugins
    ) -> None:
        chains = [plugins.numbered("beta", 1), plugins.numbered("alpha", 2)]
        told: list[Step] = []
        first = upgrade(database.write, chains, told.append)
        assert done(first) == done(told) == ["beta +0001", "alpha +0001", "alpha +0002"]
        assert str(first[0]) == "beta: 0001 change"
        assert upgrade(database.write, chains, told.append) == []
        assert database.tables == {
            "alpha__1", "alpha__2", "alpha__version", "beta__1", "beta__version",
        }  # fmt: skip

    def test_undoes_the_whole_of_a_revision_that_fails_and_keeps_those_before(
        self, database: Database, plugins: Plugins
    ) -> None:
        broken = f"""
            {plugins.creating("alpha__2")}
            op.execute(sa.text("INSERT INTO alpha__1 (id) VALUES (7)"))
            with op.batch_alter_table("alpha__1") as batch:
                batch.add_column(sa.Column("note", sa.Text))
            raise RuntimeError("out of cheese")
        """
        chain = plugins.chain("alpha", plugins.creating("alpha__1"), broken)
        after = plugins.numbered("beta", 1)
        with pytest.raises(MigrationError) as caught:
            upgrade(database.write, [chain, after])
        assert caught.value.chain == "alpha"
        assert "alpha: 0002 change (0002_change.py) failed and was rolled back" in str(caught.value)
        assert "stays at revision 0001: RuntimeError: out of cheese" in str(caught.value)
        assert database.tables == {"alpha__1", "alpha__version"}
        assert database.rows("SELECT * FROM alpha__1") == []

        plugins.numbered("alpha", 2)
        assert done(upgrade(database.write, [chain, after])) == ["alpha +0002", "beta +0001"]

    def test_undoes_a_first_revision_that_fails_with_its_version_table(
        self, database: Database, plugins: Plugins
    ) -> None:
        chain = plugins.chain("alpha", f"{plugins.creating('alpha__1')}\nop.drop_table('nothing')")
        with pytest.raises(MigrationError, match="stays at revision none"):
            upgrade(database.write, [chain])
        assert database.tables == set()

    def test_refuses_a_script_that_says_another_revision_than_its_file(
        self, database: Database, plugins: Plugins
    ) -> None:
        chain = plugins.chain("alpha")
        plugins.script("alpha", "0001_one.py", 2, "pass")
        with pytest.raises(MigrationError, match=r"revision = '0001' and down_revision = None"):
            upgrade(database.write, [chain])

    def test_refuses_a_database_that_is_newer_than_the_code_and_touches_nothing(
        self, database: Database, plugins: Plugins
    ) -> None:
        chain = plugins.numbered("alpha", 3)
        upgrade(database.write, [chain])
        (plugins.folder / "shop_alpha/migrations/0003_change.py").unlink()
        [found] = status(database.read, [chain])
        assert (found.ahead, found.pending, found.current, found.head) == (True, (), "0003", "0002")
        other = plugins.numbered("beta", 1)
        for action in (
            lambda: upgrade(database.write, [other, chain]),
            lambda: downgrade(database.write, chain),
        ):
            with pytest.raises(
                MigrationError, match="at revision 0003, newer than this code, which knows 0002"
            ):
                action()
        assert database.tables == {"alpha__1", "alpha__2", "alpha__3", "alpha__version"}

    def test_of_two_processes_at_once_runs_each_step_once(self, database: Database, plugins: Plugins) -> None:
        chains = [plugins.numbered(id_, 3) for id_ in ("alpha", "beta")]
        code = f"""
            from pronaflow_kernel.persistence.engines import open_engines
            from pronaflow_kernel.persistence.migrations import Chain, upgrade
            import alembic.operations, alembic.runtime.migration
            chains = [Chain(id, "shop_" + id) for id in ("alpha", "beta")]
            engine = open_engines({database.url!r}).write
            input("ready\\n")
            for step in upgrade(engine, chains):
                print(step)
        """
        racers = [plugins.process(code) for _ in range(2)]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("\n")
            racer.stdin.flush()
        ran = [racer.communicate()[0].splitlines() for racer in racers]
        assert [racer.returncode for racer in racers] == [0, 0]
        assert sorted(ran[0] + ran[1]) == [
            f"{i}: 000{n} change" for i in ("alpha", "beta") for n in (1, 2, 3)
        ]
        assert {found.current for found in status(database.read, chains)} == {"0003"}

    @pytest.mark.parametrize("moment", ["between revisions", "within a revision"])
    def test_killed_leaves_whole_revisions_and_is_resumed(
        self, database: Database, plugins: Plugins, moment: str
    ) -> None:
        kill = "os.kill(os.getpid(), signal.SIGKILL) if 'FATAL' in os.environ else None"
        bodies = [plugins.creating(f"alpha__{number}") for number in (1, 2, 3)]
        bodies[1] = f"{bodies[1]}\n{kill}" if moment == "within a revision" else f"{kill}\n{bodies[1]}"
        chain = plugins.chain("alpha", *bodies)
        code = f"""
            from pronaflow_kernel.persistence.engines import open_engines
            from pronaflow_kernel.persistence.migrations import Chain, upgrade
            upgrade(open_engines({database.url!r}).write, [Chain("alpha", "shop_alpha")])
        """
        victim = plugins.process(code, FATAL="1")
        victim.communicate()
        assert victim.returncode == -signal.SIGKILL
        assert status(database.read, [chain])[0].pending == ("0002", "0003")
        assert database.tables == {"alpha__1", "alpha__version"}
        assert done(upgrade(database.write, [chain])) == ["alpha +0002", "alpha +0003"]

    def test_leaves_the_child_rows_of_another_plugin_alone_when_it_rebuilds_a_table(
        self, database: Database, plugins: Plugins
    ) -> None:
        alpha, beta = plugins.chain("alpha", PARENT), plugins.chain("beta", CHILD)
        upgrade(database.write, [alpha, beta])
        database.execute(
            "INSERT INTO alpha__parent VALUES (1, 'a'), (2, 'b')",
            "INSERT INTO beta__child VALUES (10, 1), (20, 2)",
        )

        upgrade(database.write, [plugins.chain("alpha", PARENT, REBUILD), beta])

        assert database.rows("SELECT * FROM alpha__parent ORDER BY id") == [(1, "a"), (2, "b")]
        assert database.rows("SELECT * FROM beta__child ORDER BY id") == [(10, 1), (20, 2)]
        database.execute("DELETE FROM alpha__parent WHERE id = 1")
        assert database.rows("SELECT * FROM beta__child") == [(20, 2)], "the foreign key no longer works"

    def test_on_sqlite_refuses_a_revision_that_leaves_rows_without_their_parents(
        self, on_sqlite: Database, plugins: Plugins
    ) -> None:
        beta = plugins.chain("beta", CHILD)
        upgrade(on_sqlite.write, [plugins.chain("alpha", PARENT), beta])
        on_sqlite.execute(
            "INSERT INTO alpha__parent VALUES (1, 'a')",
            "INSERT INTO beta__child VALUES (10, 1), (11, 1)",
        )
        chain = plugins.chain("alpha", PARENT, "op.execute('DELETE FROM alpha__parent')")
        with pytest.raises(MigrationError, match=r"do not exist: beta__child -> alpha__parent \(2\)"):
            upgrade(on_sqlite.write, [chain, beta])
        assert on_sqlite.rows("SELECT * FROM alpha__parent") == [(1, "a")]
        assert status(on_sqlite.read, [chain])[0].current == "0001"

    def test_on_sqlite_refuses_a_database_in_memory(self, plugins: Plugins) -> None:
        with pytest.raises(MigrationError, match="only a database in a plain file can be migrated"):
            upgrade(sa.create_engine("sqlite://"), [plugins.chain("alpha")])


class TestCopy:
    def test_is_taken_of_the_database_as_it_was_once_a_call(
        self, on_sqlite: Database, sqlite_file: Path, plugins: Plugins
    ) -> None:
        upgrade(on_sqlite.write, [plugins.numbered("alpha", 2)])
        assert copies(sqlite_file) == [], "a new database needs no copy"
        on_sqlite.execute("INSERT INTO alpha__1 VALUES (42)")
        sqlite_file.chmod(0o640)

        upgrade(on_sqlite.write, [plugins.numbered("alpha", 4)])

        [copy] = copies(sqlite_file)
        assert copy.name == "pronaflow.db.before-alpha-0003"
        assert copy.stat().st_mode & 0o777 == 0o640
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("SELECT * FROM alpha__1, alpha__version").fetchall() == [(42, "0002")]
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            assert {name for (name,) in names} == {"alpha__1", "alpha__2", "alpha__version"}

    def test_is_not_taken_when_nothing_is_pending(
        self, on_sqlite: Database, sqlite_file: Path, plugins: Plugins
    ) -> None:
        chain = plugins.numbered("alpha", 1)
        upgrade(on_sqlite.write, [chain])
        upgrade(on_sqlite.write, [chain])
        assert copies(sqlite_file) == []

    def test_leaves_only_the_newest(self, on_sqlite: Database, sqlite_file: Path, plugins: Plugins) -> None:
        for count in range(1, KEPT + 4):
            upgrade(on_sqlite.write, [plugins.numbered("alpha", count)])
        newest = [f"pronaflow.db.before-alpha-{number:04}" for number in (6, 5, 4)]
        assert [copy.name for copy in copies(sqlite_file)] == newest

    def test_that_cannot_be_written_stops_the_upgrade(
        self, on_sqlite: Database, sqlite_file: Path, plugins: Plugins
    ) -> None:
        upgrade(on_sqlite.write, [plugins.numbered("alpha", 1)])
        sqlite_file.with_name("pronaflow.db.before-alpha-0002.part").mkdir()
        with pytest.raises(MigrationError, match="failed and was rolled back"):
            upgrade(on_sqlite.write, [plugins.numbered("alpha", 2)])
        assert on_sqlite.tables == {"alpha__1", "alpha__version"}


class TestDowngrade:
    def test_undoes_the_newest_first_down_to_the_target(self, database: Database, plugins: Plugins) -> None:
        chain = plugins.numbered("alpha", 3)
        other = plugins.numbered("beta", 1)
        upgrade(database.write, [chain, other])
        assert done(downgrade(database.write, chain, "0001")) == ["alpha -0003", "alpha -0002"]
        assert status(database.read, [chain])[0].current == "0001"
        assert database.tables == {"alpha__1", "alpha__version", "beta__1", "beta__version"}
        assert downgrade(database.write, chain, "0002") == [], "it never goes up"

    def test_to_nothing_leaves_nothing_and_can_start_again(
        self, database: Database, plugins: Plugins
    ) -> None:
        chain = plugins.numbered("alpha", 2)
        upgrade(database.write, [chain])
        assert done(downgrade(database.write, chain)) == ["alpha -0002", "alpha -0001"]
        assert database.tables == set()
        assert downgrade(database.write, chain) == []
        assert done(upgrade(database.write, [chain])) == ["alpha +0001", "alpha +0002"]

    def test_refuses_a_target_that_does_not_exist(self, database: Database, plugins: Plugins) -> None:
        chain = plugins.numbered("alpha", 2)
        with pytest.raises(MigrationError, match="alpha has no revision '0009'; it has 0001, 0002"):
            downgrade(database.write, chain, "0009")

    def test_that_fails_is_rolled_back(self, database: Database, plugins: Plugins) -> None:
        chain = plugins.numbered("alpha", 1)
        plugins.script(
            "alpha", "0002_add.py", 2, plugins.creating("alpha__2"), "op.drop_table('alpha__2')\n1 / 0"
        )
        upgrade(database.write, [chain])
        with pytest.raises(MigrationError, match=r"alpha: undo 0002 add .* stays at revision 0002"):
            downgrade(database.write, chain)
        assert "alpha__2" in database.tables


class TestSql:
    def test_shows_the_statements_without_a_database(self, plugins: Plugins) -> None:
        chain = plugins.numbered("alpha", 3)
        text = sql(chain, "0001", "0002", dialect="postgresql")
        assert text.count("CREATE TABLE") == 1
        assert "CREATE TABLE alpha__2" in text
        assert "UPDATE alpha__version SET version_num='0002'" in text
        whole = sql(chain, dialect="sqlite")
        assert [f"CREATE TABLE alpha__{n} " in whole for n in (1, 2, 3)] == [True] * 3
        assert "INSERT INTO alpha__version (version_num) VALUES ('0001')" in whole
        assert whole.count("BEGIN") == whole.count("COMMIT") == 3
