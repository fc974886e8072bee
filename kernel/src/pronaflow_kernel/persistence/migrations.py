"""Migrations: one linear Alembic chain and one version table a plugin.

A distribution keeps its scripts in the folder `migrations/` of its package, named `0001_initial.py`,
`0002_due_dates.py` and so on. Each is a plain Alembic script:

    \"\"\"Due dates.\"\"\"

    from alembic import op
    import sqlalchemy as sa

    revision = "0002"
    down_revision = "0001"

    def upgrade() -> None:
        with op.batch_alter_table("tasks__task") as batch:
            batch.add_column(sa.Column("due_date", sa.Date()))

    def downgrade() -> None:
        with op.batch_alter_table("tasks__task") as batch:
            batch.drop_column("due_date")

One revision is one transaction, on both databases. That transaction takes the lock (SQLite: BEGIN IMMEDIATE;
PostgreSQL: an advisory lock that ends with it) and reads the version again, so any number of processes may
run `upgrade` at once, and a killed one leaves a whole number of revisions behind. On SQLite foreign keys are
off meanwhile, since a table that batch mode rebuilds would otherwise take other plugins' child rows along;
they are checked before the commit. A script that deletes rows there must therefore delete their children too.

Alembic is slow to import; `status` does without it, so that it can run at every start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Executable,
    MetaData,
    String,
    Table,
    event,
    func,
    inspect,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.schema import CreateTable, DropTable

from .chains import Chain, ChainStatus, MigrationError, Step
from .copies import copy_before
from .engines import open_bare

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = [
    "Chain",
    "ChainStatus",
    "MigrationError",
    "Progress",
    "Step",
    "downgrade",
    "move",
    "one_transaction",
    "sql",
    "status",
    "upgrade",
]

_LOCK_KEY = 0x70726F6E61666C6F
"""PostgreSQL's advisory locks are numbers; this one spells "pronaflo"."""
_LOCK_WAIT_MS = 600_000
"""How long a SQLite process waits for another one to finish a revision."""


Progress = Callable[[Step], None]
"""Told of each step just before it runs, with the lock held."""


def status(engine: Engine, chains: Sequence[Chain]) -> list[ChainStatus]:
    """Where the database stands on each chain; two statements, without importing Alembic.

    Arguments:
        engine: of either kind, one that only reads will do.

    Raises:
        MigrationError: a chain cannot be read.
    """
    with engine.connect() as connection:
        current = _revisions(connection.execution_options(unscoped="migration"), chains)
    return [chain.status(current.get(chain.id)) for chain in chains]


def upgrade(engine: Engine, chains: Sequence[Chain], progress: Progress | None = None) -> list[Step]:
    """Bring the database to the head of each chain.

    A SQLite database that is not empty is copied first (see `copies`), once a call.

    Arguments:
        engine: one that may write.
        chains: in dependency order.
        progress: told of each step.

    Returns:
        The steps that this call ran; a process that lost the race to another one ran none.

    Raises:
        MigrationError: a database newer than the code (nothing was changed), or a revision that failed:
            it is rolled back, those before it stay, and a further call resumes there.
    """
    with _runner(engine, progress) as runner:
        runner.refuse_newer(chains)
        return [step for chain in chains for step in runner.run(chain, chain.step_up)]


def downgrade(
    engine: Engine, chain: Chain, target: str | None = None, progress: Progress | None = None
) -> list[Step]:
    """Undo the revisions of one chain above `target`, newest first.

    Arguments:
        target: the revision to end at; None undoes all and removes the version table too.

    Returns:
        The steps that this call ran.

    Raises:
        MigrationError: an unknown target, a database newer than the code, or a revision that failed.
    """
    _refuse_unknown(chain, target)
    with _runner(engine, progress) as runner:
        return runner.run(chain, lambda current: chain.step_down(current, target))


@contextmanager
def one_transaction(engine: Engine, label: str) -> Iterator[Connection]:
    """One transaction that no migration overlaps, for what makes, fills and drops tables at once.

    On SQLite the file is copied first, and foreign keys are off, so that whoever writes rows checks them.

    Arguments:
        engine: one that may write.
        label: what the copy is called after.
    """
    with _runner(engine, None) as runner, runner.locked():
        runner.copy(label)
        yield runner.connection


def move(connection: Connection, chain: Chain, target: str | None) -> list[Step]:
    """Bring one chain to a revision, up or down, inside `one_transaction`.

    Arguments:
        target: the revision to end at; None undoes all.

    Returns:
        The steps that were run.

    Raises:
        MigrationError: an unknown target, a database newer than the code, or a revision that failed.
    """
    _refuse_unknown(chain, target)
    runner, done = _Runner(connection, None), []
    while (current := runner.revision(chain)) != target:
        up = current is None or (target is not None and current < target)
        step = chain.step_up(current) if up else chain.step_down(current, target)
        assert step is not None
        runner.apply(step)
        done.append(step)
    return done


def sql(chain: Chain, current: str | None = None, target: str | None = None, *, dialect: str) -> str:
    """The statements that would lead from `current` to `target`, without a database.

    Scripts that read the database, batch mode on SQLite among them, cannot be shown like this.

    Arguments:
        current: the revision to start from; None is an empty database.
        target: the revision to end at, above `current`; None is the head.
        dialect: `postgresql` or `sqlite`.
    """
    from alembic.runtime.migration import MigrationContext

    buffer = StringIO()
    options = {"as_sql": True, "output_buffer": buffer, "transactional_ddl": True}
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    while current != target or target is None:
        step = chain.step_up(current)
        if step is None:
            break
        with context.begin_transaction():
            _run_script(context, step)
            for statement in _record(step):
                context.execute(statement)
        current = step.after
    return buffer.getvalue()


def _refuse_unknown(chain: Chain, target: str | None) -> None:
    if target is not None and target not in chain.scripts():
        raise MigrationError(
            f"{chain.id} has no revision {target!r}; it has {', '.join(chain.scripts()) or 'none'}", chain.id
        )


class _Runner:
    """Runs steps over one connection, each in its own transaction."""

    def __init__(self, connection: Connection, progress: Progress | None) -> None:
        self.connection = connection
        self._progress = progress
        self._sqlite = connection.dialect.name == "sqlite"
        self._copied = False

    def refuse_newer(self, chains: Sequence[Chain]) -> None:
        with self.locked():
            current = _revisions(self.connection, chains)
        for chain in chains:
            found = chain.status(current.get(chain.id))
            if found.ahead:
                raise MigrationError(found.words, chain.id)

    def run(self, chain: Chain, choose: Callable[[str | None], Step | None]) -> list[Step]:
        done: list[Step] = []
        while True:
            with self.locked():
                step = choose(self.revision(chain))
                if step is None:
                    return done
                if self._progress is not None:
                    self._progress(step)
                self.apply(step, f"{step.chain}-{step.revision}")
            done.append(step)

    def revision(self, chain: Chain) -> str | None:
        """Where the database stands on a chain."""
        return _revisions(self.connection, [chain]).get(chain.id)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """A transaction that no other runner's overlaps; on SQLite beginning it is the lock."""
        with self.connection.begin():
            if not self._sqlite:
                self.connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))
            yield

    def copy(self, label: str) -> None:
        """Copy a SQLite database, once a runner."""
        if self._sqlite and not self._copied and inspect(self.connection).get_table_names():
            copy_before(Path(str(self.connection.engine.url.database)), label)
        self._copied = True

    def apply(self, step: Step, label: str | None = None) -> None:
        """Run a step in the transaction that is open; with a label, a copy is taken first."""
        from alembic.runtime.migration import MigrationContext

        try:
            if label is not None:
                self.copy(label)
            _run_script(MigrationContext.configure(self.connection), step)
            for statement in _record(step):
                self.connection.execute(statement)
            if self._sqlite:
                check_foreign_keys(self.connection)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a script may raise anything, SystemExit too
            raise MigrationError(
                f"{step} ({step.file.name}) failed and was rolled back, the database stays at revision "
                f"{step.before or 'none'}: {type(error).__name__}: {error}",
                step.chain,
            ) from error


@contextmanager
def _runner(engine: Engine, progress: Progress | None) -> Iterator[_Runner]:
    own = _sqlite_engine(engine) if engine.dialect.name == "sqlite" else engine
    with own.connect() as connection:
        # READ COMMITTED: what another runner committed must be seen once the lock is ours.
        level = {} if own is not engine else {"isolation_level": "READ COMMITTED"}
        yield _Runner(connection.execution_options(unscoped="migration", **level), progress)


def _sqlite_engine(engine: Engine) -> Engine:
    """An engine over the same file, with foreign keys off and transactions that hold DDL too."""
    if engine.url.database in (None, "", ":memory:") or "uri" in engine.url.query:
        raise MigrationError(f"{engine.url!r}: only a database in a plain file can be migrated", None)
    own = open_bare(engine.url)

    @event.listens_for(own, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=off")
        connection.execute(f"PRAGMA busy_timeout={_LOCK_WAIT_MS}")

    @event.listens_for(own, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return own


def _version_table(chain: str) -> Table:
    column = Column("version_num", String(32), primary_key=True)
    return Table(f"{chain}__version", MetaData(), column)


def _revisions(connection: Connection, chains: Collection[Chain]) -> dict[str, str]:
    """The database's revision of each chain that has one."""
    existing = set(inspect(connection).get_table_names())
    tables = {chain.id: _version_table(chain.id) for chain in chains}
    reads = [
        select(literal(id_), table.c.version_num) for id_, table in tables.items() if table.name in existing
    ]
    return {row[0]: row[1] for row in connection.execute(union_all(*reads))} if reads else {}


def _record(step: Step) -> list[Executable]:
    """The statements that note a step in the version table."""
    table = _version_table(step.chain)
    if step.after is None:
        return [DropTable(table)]
    after: dict[str, Any] = {
        "version_num": literal_column(f"'{step.after}'")
    }  # no bind, which `sql` could not show
    if step.before is None:
        return [CreateTable(table, if_not_exists=True), table.insert().values(after)]
    return [table.update().values(after)]


def _run_script(context: MigrationContext, step: Step) -> None:
    from alembic.operations import Operations

    script = _load(step)
    with Operations.context(context):
        (script.downgrade if step.down else script.upgrade)()


def _load(step: Step) -> ModuleType:
    """The script as a module of its own, outside `sys.modules`: a file name is no module name."""
    loader = SourceFileLoader(f"{step.chain}_migration_{step.revision}", str(step.file))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    script = module_from_spec(spec)
    loader.exec_module(script)
    parent = f"{int(step.revision) - 1:04}" if step.revision != "0001" else None
    if (script.revision, script.down_revision) != (step.revision, parent):
        raise ValueError(f"it must say revision = {step.revision!r} and down_revision = {parent!r}")
    return script


def check_foreign_keys(connection: Connection) -> None:
    """Look at every foreign key of a SQLite database, which were off until now.

    Raises:
        ValueError: rows point at rows that do not exist; the message names the tables.
    """
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    found = Counter((row[0], row[2]) for row in rows)
    if found:
        broken = ", ".join(f"{child} -> {parent} ({n})" for (child, parent), n in sorted(found.items()))
        raise ValueError(f"rows point at rows that do not exist: {broken}")
