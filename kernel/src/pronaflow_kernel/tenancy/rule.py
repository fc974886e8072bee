"""The tenant rule: one listener holds every statement to the workspace of its connection's scope.

A table with a column `workspace_id` is a tenant table. A statement that names one must compare that column
with a bind (`shape` says how exactly), and the bind must hold the workspace of the connection's scope. Text
SQL and DDL are refused. Where a statement rightly looks across workspaces, it says why:

    connection.execution_options(scope=scope)                     # done by Reader and UnitOfWork
    select(Task).where(Task.workspace_id == SCOPE_WORKSPACE)      # held
    unscoped("sign-in does not know the workspace yet", select(Membership).where(...))
    connection.execution_options(unscoped="migration")            # a whole connection

The rule guards against mistakes, not against hostile code in the same process: the driver's own cursor and
what `@compiles` renders are out of its sight. `persistence.prepared` runs repeated reads on that cursor and
asks `hold` itself. The shape of a statement is judged once and remembered on its compiled form; each further
execution costs about four microseconds (contrib/benchmarks/tenant_rule.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.engine.interfaces import ExecuteStyle

from ..attribution import CURRENT_PLUGIN
from ..errors import CapabilityDenied, KernelError
from ..persistence.grants import Grants
from .notes import HOUSEKEEPING, SETTING, TenantCompiler
from .shape import Verdict, judge

if TYPE_CHECKING:
    from ..persistence.scope import Scope


class TenantViolation(KernelError):
    """A statement is not held to the workspace of its scope; `str()` tells why, the caller learns a 500."""

    def __init__(self, kind: str, tables: Collection[str], problem: str) -> None:
        super().__init__()
        named = f" on {', '.join(tables)}" if tables else ""
        self.args = (f"{kind}{named} breaks the tenant rule: {problem}",)


Marked = TypeVar("Marked", bound=Executable | Connection)


def unscoped(reason: str, statement: Marked) -> Marked:
    """Mark a statement, or a connection, as one that rightly looks across workspaces.

    Arguments:
        reason: why, in words.
        statement: anything with execution options.

    Raises:
        ValueError: no reason is given.
    """
    if not reason.strip():
        raise ValueError("unscoped() needs a reason in words")
    marked: Any = statement.execution_options(unscoped=reason)
    return cast("Marked", marked)


def install(engine: Engine, tables: Collection[str] = (), grants: Grants | None = None) -> None:
    """Hold every statement of `engine` to the tenant rule, from here on. Installing twice is harmless.

    Arguments:
        tables: names of tenant tables, which may still grow: a second `Table` of such a name is recognised
            even if it leaves out `workspace_id`.
        grants: what the statements of plugins may touch; without it, their own tables.
    """
    dialect: Any = engine.dialect
    compiler = dialect.statement_compiler
    if not issubclass(compiler, TenantCompiler):
        bases = (TenantCompiler, compiler)
        dialect.statement_compiler = type(
            f"Tenant{compiler.__name__}", bases, {"names": tables, "grants": grants or Grants()}
        )
        engine.clear_compiled_cache()
        # Events of the dialect: they come last, see the final text, and cost a tenth of those of the engine.
        for name in ("do_execute", "do_executemany"):
            event.listen(engine, name, _hold)
        event.listen(engine, "do_execute_no_params", _hold_bare)


def verdict_of(compiled: TenantCompiler) -> Verdict:
    """The verdict on a statement, judged when it is first asked for."""
    verdict: Verdict | None = compiled.verdict
    if verdict is None:
        verdict = compiled.verdict = judge(compiled)
    return verdict


def is_marked(options: Mapping[str, Any]) -> bool:
    """Whether execution options carry the mark of `unscoped`."""
    reason = options.get("unscoped")
    return isinstance(reason, str) and bool(reason.strip())


def hold(verdict: Verdict, scope: Scope | None, rows: Iterable[Mapping[str, Any]]) -> None:
    """Hold the values of all rows of one execution to the scope.

    Raises:
        TenantViolation: the shape is refused, there is no scope, or a bind holds another workspace.
    """
    if verdict.problem:
        mend = f'{verdict.problem}; or say why it is right: unscoped("why", statement)'
        raise TenantViolation(verdict.kind, verdict.tables, mend)
    if scope is None:
        mend = "its connection has no scope: run it through a Reader or a UnitOfWork"
        raise TenantViolation(verdict.kind, verdict.tables, mend)
    workspace = scope.workspace_id
    for row in rows:
        for name in verdict.binds:
            if row[name] != workspace:
                mend = f"its bind {name!r} does not hold the workspace of the connection's scope"
                raise TenantViolation(verdict.kind, verdict.tables, mend)


def _hold(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
    compiled, plugin_id = context.compiled, CURRENT_PLUGIN.get()
    if isinstance(compiled, TenantCompiler) and _is_rendered(statement, parameters, context):
        verdict = verdict_of(compiled)
        if plugin_id is not None:
            compiled.grants.hold(plugin_id, verdict)
        if (verdict.tables or verdict.problem) and not is_marked(context.execution_options):
            _hold_values(verdict, context)
    elif _is_harmless(statement, context) and (plugin_id is None or not SETTING.match(statement)):
        return
    elif plugin_id is not None:
        words = f"The plugin {plugin_id} runs text SQL or DDL: use statements of SQLAlchemy, and migrations"
        raise CapabilityDenied(words)
    elif not is_marked(context.execution_options):
        kind = "DDL" if context.isddl else "Text SQL"
        raise TenantViolation(kind, (), 'it needs a connection marked unscoped("why", connection)')


def _hold_bare(cursor: Any, statement: str, context: Any) -> None:
    _hold(cursor, statement, context.parameters, context)


def _is_rendered(statement: str, parameters: Any, context: Any) -> bool:
    """Whether text and values are what the compiler made, and not what another listener made of them."""
    if context.execute_style is ExecuteStyle.INSERTMANYVALUES:
        return True  # both come in batches here; all rows are in the context
    if statement is not getattr(context, "statement", None):
        return False
    return parameters is context.parameters or parameters is context.parameters[0]


def _is_harmless(statement: str, context: Any) -> bool:
    """Whether this text names no row: transaction control, a PRAGMA, a sequence that fills a default."""
    if HOUSEKEEPING.fullmatch(statement):
        return True
    of_a_default = not context.is_text and not hasattr(context, "statement")
    return of_a_default and " FROM " not in statement.upper()


def _hold_values(verdict: Verdict, context: Any) -> None:
    """Hold one execution, which may come in several batches, to the scope of its connection."""
    if not getattr(context, "tenant_held", False):
        scope = context.root_connection.get_execution_options().get("scope")
        hold(verdict, scope, context.compiled_parameters)
        context.tenant_held = True
