"""What the tenant rule costs: executions of prebuilt statements with it and without it.

    python contrib/benchmarks/tenant_rule.py [--quick]

On SQLite in memory, for a few statements: an execution without and with the rule, and what judging the shape
of the statement costs the first time.
"""

from collections.abc import Callable
from statistics import median
from types import SimpleNamespace
from typing import Any

from measure import Figures, Options, Times, alternate, options, show
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    create_engine,
    insert,
    select,
    update,
)
from sqlalchemy.pool import StaticPool

from pronaflow_kernel.tenancy.rule import install
from pronaflow_kernel.tenancy.shape import judge

TITLE = "Tenant rule: CPU of an execution without and with it"
OURS = "00000000-0000-7000-8000-00000000000a"
W = bindparam("scope_workspace", type_=String())
METADATA = MetaData()
TASK = Table(
    "tasks__task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", String, nullable=False),
    Column("title", String),
)
NOTE = Table(
    "notes__note",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", String, nullable=False),
    Column("task_id", Integer),
)
LINKED = and_(NOTE.c.task_id == TASK.c.id, NOTE.c.workspace_id == TASK.c.workspace_id)
OWN = and_(TASK.c.workspace_id == W, TASK.c.id == bindparam("key"))
PARAMS = {"scope_workspace": OURS, "key": 1}
STATEMENTS: dict[str, tuple[Any, Any]] = {
    "one row": (select(TASK).where(OWN), PARAMS),
    "join": (select(TASK, NOTE.c.id).join(NOTE, LINKED).where(OWN), PARAMS),
    "update": (update(TASK).where(OWN), {**PARAMS, "title": "x"}),
    "insert 100 rows": (
        insert(TASK),
        [{"workspace_id": OURS, "title": "x"}] * 100,
    ),
    "no tenant table": (select(bindparam("key", 1, Integer)), {"key": 1}),
}


def connect(*, held: bool) -> Connection:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    connection = engine.connect()
    METADATA.create_all(connection)
    connection.commit()
    if held:
        install(engine)
    return connection.execution_options(scope=SimpleNamespace(workspace_id=OURS))


def execution(connection: Connection, statement: Any, params: Any) -> Callable[[], None]:
    def execute() -> None:
        connection.execute(statement, params).close()
        connection.rollback()

    return execute


def judging(statement: Any, rounds: int) -> Times:
    """CPU of judging a statement, which happens once."""
    engine = connect(held=True).engine
    compiled = statement.compile(engine)
    return alternate({"judge": lambda: judge(compiled)}, rounds)["judge"]


def figures(asked: Options) -> Figures:
    rounds = 3 if asked.quick else 60
    without, with_ = connect(held=False), connect(held=True)
    for name, (statement, params) in STATEMENTS.items():
        calls = {
            "without": execution(without, statement, params),
            "with": execution(with_, statement, params),
        }
        times = alternate(calls, rounds)
        added = median(b - a for a, b in zip(times["without"].rounds, times["with"].rounds, strict=True))
        yield f"{name}, without", str(times["without"])
        ratio = times["with"].ratio(times["without"])
        yield f"{name}, with the rule", f"{times['with']}  {ratio:.3f} times without, {added:+.1f} us"
    for name, (statement, _) in STATEMENTS.items():
        yield f"{name}, judged once", str(judging(statement, rounds))


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
