"""What a statement says about tenants, noted while it is compiled.

Only the compiler knows what a statement really reads. There joins are resolved, names of an outer query are
dropped from the FROM of an inner one, ORM entities have become tables. So each dialect's compiler is extended
by `TenantCompiler`, which takes notes of what it renders and changes none of it; `verdict` judges the notes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CompoundSelect, Join, Table
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from ..persistence.grants import Grants

COLUMN = "workspace_id"
"""A table with a column of this name is a tenant table."""

HOUSEKEEPING = re.compile(
    r"\s*(SELECT (1|pg_catalog\.version\(\)|current_schema\(\))"
    r"|(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|SET|SHOW)\b[^;]*);?\s*",
    re.I,
)
"""Text SQL that names no row, so that it needs no mark."""

SETTING = re.compile(r"\s*(PRAGMA|SET)\b", re.I)
"""Housekeeping that changes a connection, which goes back to the pool and to others."""

CONSTANT = re.compile(r"\*|NULL|-?\d+(\.\d+)?|'[^'\\]*'", re.I)
"""Text inside a statement that is a value and nothing else."""

OPERATOR = re.compile(
    r"(?!.*(--|/\*))[-+*/<>=~!@#%^&|?]+"
    r"|MATCH|REGEXP|GLOB|I?LIKE|SIMILAR TO|OVERLAPS|AT TIME ZONE|IS( NOT)? DISTINCT FROM",
    re.I,
)
"""What `.op("...")` may be: it ends no condition and begins none."""


class Body:
    """One SELECT, UPDATE, DELETE or INSERT as rendered: what it reads from and where it stands.

    Arguments:
        entry: the compiler's stack entry of it.
        parent: the body around it.
    """

    def __init__(self, entry: Any, parent: Body | None) -> None:
        self.entry = entry
        self.parent = parent
        self.statement = entry["selectable"]
        self.source = getattr(entry.get("compile_state"), "select_statement", self.statement)
        # A UNION has no FROM of its own; its entry repeats that of the query around it.
        self.froms: set[Any] = set()
        if not isinstance(self.statement, CompoundSelect):
            self.froms.update(entry["asfrom_froms"])
        self.tenants: list[Any] = []
        self.joins: list[Join] = []

    def owner(self, table: Any) -> Body | None:
        """The body whose FROM a reference to `table` made in here means; None if a namesake hides it."""
        body: Body | None = self
        while body is not None and table not in body.froms:
            hidden = table.name.lower() in {str(getattr(other, "name", "")).lower() for other in body.froms}
            body = None if hidden else body.parent
        return body


class TenantCompiler(SQLCompiler):
    """Mixed into a dialect's compiler: takes notes of tables, joins, upserts and text."""

    names: ClassVar[Collection[str]] = ()
    """Names of tenant tables: a second `Table` of such a name is one too, whatever columns it declares."""

    grants: ClassVar[Grants]
    """What plugins may touch."""

    verdict: Any = None
    """The judgement, once it is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.bodies: dict[int, Body] = {}
        self.upserts: list[Any] = []
        self.doubts: list[str] = []
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        super().__init__(*args, **kwargs)

    def is_tenant(self, target: Any) -> bool:
        """Whether a table, or the target of an INSERT, UPDATE or DELETE, is a tenant table."""
        table = getattr(target, "element", target)
        return getattr(table, "name", None) in self.names or any(c.name == COLUMN for c in table.columns)

    def _body(self, depth: int = -1) -> Body | None:
        """The body that is being rendered, `depth` from the end of the compiler's stack."""
        if len(self.stack) < -depth:
            return None
        entry = self.stack[depth]
        if id(entry) not in self.bodies:
            self.bodies[id(entry)] = Body(entry, self._body(depth - 1))
        return self.bodies[id(entry)]

    def _text(self, text: str, harmless: re.Pattern[str]) -> None:
        if not harmless.fullmatch(text):
            self.doubts.append(f"it holds text SQL ({text.strip()[:60]!r}), which cannot be checked")

    def _write(self, kind: str, target: Any, visiting_cte: Any) -> None:
        self.writes.add(getattr(target, "element", target).name)
        if visiting_cte is not None and self.is_tenant(target):
            self.doubts.append(f"it holds an {kind} inside a CTE: run that as a statement of its own")

    def visit_table(  # type: ignore[override]
        self, table: Any, asfrom: bool = False, enclosing_alias: Any = None, **kw: Any
    ) -> Any:
        """A table; with `asfrom`, as something to read from or to write to."""
        body = self._body()
        if asfrom and body is not None:
            aliased = enclosing_alias is not None and enclosing_alias.element is table
            occurrence = enclosing_alias if aliased else table
            body.froms.add(occurrence)
            self.reads.add(table.name)
            if self.is_tenant(table):
                body.tenants.append(occurrence)
            elif not isinstance(table, Table):
                self.doubts.append(f"table({table.name!r}) does not tell its columns: declare it as a Table")
        return super().visit_table(table, asfrom=asfrom, enclosing_alias=enclosing_alias, **kw)

    def visit_alias(self, alias: Any, *args: Any, **kw: Any) -> Any:
        """An alias or a subquery, read from by a body that may read from nothing else."""
        self._body()
        return super().visit_alias(alias, *args, **kw)

    def visit_cte(self, cte: Any, *args: Any, **kw: Any) -> Any:
        """A common table expression, likewise."""
        self._body()
        return super().visit_cte(cte, *args, **kw)

    def visit_join(self, join: Join, *args: Any, **kw: Any) -> Any:
        """A join, and with it its ON."""
        body = self._body()
        if body is not None:
            body.joins.append(join)
        return super().visit_join(join, *args, **kw)

    def visit_insert(self, insert_stmt: Any, *args: Any, **kw: Any) -> Any:
        """An INSERT."""
        self._write("INSERT", insert_stmt.table, kw.get("visiting_cte"))
        return super().visit_insert(insert_stmt, *args, **kw)

    def visit_update(self, update_stmt: Any, *args: Any, **kw: Any) -> Any:
        """An UPDATE."""
        self._write("UPDATE", update_stmt.table, kw.get("visiting_cte"))
        return super().visit_update(update_stmt, *args, **kw)

    def visit_delete(self, delete_stmt: Any, *args: Any, **kw: Any) -> Any:
        """A DELETE."""
        self._write("DELETE", delete_stmt.table, kw.get("visiting_cte"))
        return super().visit_delete(delete_stmt, *args, **kw)

    def visit_on_conflict_do_update(self, on_conflict: Any, **kw: Any) -> Any:
        """ON CONFLICT DO UPDATE, of PostgreSQL and SQLite alike."""
        self.upserts.append(on_conflict)
        return super().visit_on_conflict_do_update(on_conflict, **kw)  # type: ignore[misc]

    def visit_textclause(self, textclause: Any, *args: Any, **kw: Any) -> Any:
        """Text SQL: a whole statement, a piece of one, a prefix."""
        self._text(textclause.text, CONSTANT if self.stack else HOUSEKEEPING)
        return super().visit_textclause(textclause, *args, **kw)

    def visit_tstring(self, tstring: Any, *args: Any, **kw: Any) -> Any:
        """Text SQL with values woven in."""
        self.doubts.append("it holds a template string, which cannot be checked")
        return super().visit_tstring(tstring, *args, **kw)

    def visit_column(self, column: Any, *args: Any, **kw: Any) -> Any:
        """A column, or what `literal_column()` makes look like one."""
        if column.is_literal:
            self._text(column.name, CONSTANT)
        return super().visit_column(column, *args, **kw)

    def get_statement_hint_text(self, hint_texts: Any) -> Any:
        """Hints, which are text at the end of a statement."""
        for text in hint_texts:
            self._text(text, CONSTANT)
        return super().get_statement_hint_text(hint_texts)

    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> Any:
        """An operator given as text, between two expressions."""
        self._text(operator.opstring, OPERATOR)
        return super().visit_custom_op_binary(element, operator, **kw)

    def visit_custom_op_unary_operator(self, element: Any, operator: Any, **kw: Any) -> Any:
        """An operator given as text, in front of an expression."""
        self._text(operator.opstring, OPERATOR)
        return super().visit_custom_op_unary_operator(element, operator, **kw)

    def visit_custom_op_unary_modifier(self, element: Any, operator: Any, **kw: Any) -> Any:
        """An operator given as text, behind an expression."""
        self._text(operator.opstring, OPERATOR)
        return super().visit_custom_op_unary_modifier(element, operator, **kw)
