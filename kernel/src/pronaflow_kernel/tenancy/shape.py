"""The shape of a compiled statement, judged once from what `TenantCompiler` noted.

- An *occurrence* is a tenant table, or an alias of one, that a SELECT reads from or an UPDATE or DELETE
  names. It is *pinned* if only rows of the scope's workspace have a say in the result.
- `occurrence.workspace_id = x`, demanded by a WHERE or an ON, pins if x is a bind, the `workspace_id` of a
  pinned occurrence (also of a query around this one), or a column that a subquery or CTE took from one.
  Inside OR and NOT it pins nothing. The ON of a LEFT JOIN pins its right side only. FULL JOINs are refused:
  SQLite 3.40 forgets the WHERE around one inside a UNION ALL.
- Each occurrence must be pinned in its own query: what a query around it demands comes too late for a LIMIT.
- What is written into `workspace_id` must be such an x too.

The binds found on the way are compared with the scope at each execution, by `rule`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, CompoundSelect, Join, Select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnClause, Grouping, Label
from sqlalchemy.sql.selectable import CTE, FromGrouping, SelectStatementGrouping, Subquery

from .notes import COLUMN, Body, TenantCompiler


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tenant rule thinks of a statement, whatever its values.

    Arguments:
        kind: SELECT, INSERT, UPDATE or DELETE.
        tables: names of the tenant tables in it.
        problem: why it is refused, in words; None if it only depends on the values.
        binds: names of the binds that must hold the scope's workspace.
        reads, writes: names of all tables that it reads and writes, tenant tables or not.
        doubts: what in it cannot be checked.
        passed: ids of the plugins that were found to be allowed to run it.
    """

    kind: str
    tables: tuple[str, ...]
    problem: str | None
    binds: tuple[str, ...]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()
    passed: set[str] = field(default_factory=set, compare=False)


def judge(compiled: TenantCompiler) -> Verdict:
    """The verdict on a statement; about 20 us a table."""
    return _Judge(compiled).verdict()


class _Judge:
    def __init__(self, compiled: TenantCompiler) -> None:
        self.compiled = compiled
        self.bodies = list(compiled.bodies.values())
        self.pinned: set[tuple[Body, Any]] = set()
        self.binds: dict[str, None] = {}
        self.tables: dict[str, None] = {}
        self.problems: list[str] = list(compiled.doubts)

    def verdict(self) -> Verdict:
        self._pin()
        for body in self.bodies:
            for occurrence in body.tenants:
                self._note(occurrence)
                if (body, occurrence) not in self.pinned:
                    self.problems.append(
                        f"{_called(occurrence)} is not held to one workspace: demand `{COLUMN} == "
                        f"SCOPE_WORKSPACE` of it in the WHERE of its own query, or in the ON that joins it"
                    )
        if self.tables and any(join.full for body in self.bodies for join in body.joins):
            self.problems.append(
                "it holds a FULL JOIN: use a LEFT JOIN, and a UNION with what that leaves out"
            )
        state: Any = self.compiled.dml_compile_state
        kind = "Text SQL" if self.compiled.isplaintext else "SELECT"
        if state is not None and self.compiled.isinsert:
            kind = "INSERT"
            self._insert(state)
        elif state is not None and self.compiled.isupdate:
            kind = "UPDATE"
            self._update(state)
        elif self.compiled.isdelete:
            kind = "DELETE"
        return Verdict(
            kind,
            tuple(self.tables),
            "; ".join(self.problems) or None,
            tuple(self.binds),
            frozenset(self.compiled.reads),
            frozenset(self.compiled.writes),
            tuple(self.compiled.doubts),
        )

    def _note(self, occurrence: Any) -> None:
        self.tables[getattr(occurrence, "element", occurrence).name] = None

    def _pin(self) -> None:
        """Pin what a bind pins, then what that pins, and so on until nothing is added."""
        open_ = [(body, table, value) for body in self.bodies for table, value in _demands(body)]
        before = -1
        while before != len(self.pinned):
            before = len(self.pinned)
            for body, table, value in open_:
                if self._is_own(value, body):
                    self.pinned.add((body, table))

    def _is_own(self, value: Any, body: Body | None) -> bool:
        """Whether an expression in `body` can only be the scope's workspace, or NULL."""
        if isinstance(value, Label):
            return self._is_own(value.element, body)
        if isinstance(value, BindParameter):
            return self._is_bind(value)
        if not isinstance(value, ColumnClause) or value.table is None or body is None:
            return False
        owner = body.owner(value.table)
        if isinstance(value.table, (Subquery, CTE)):
            return owner is not None and self._is_exported(value)
        return value.name == COLUMN and (owner, value.table) in self.pinned

    def _is_bind(self, value: Any) -> bool:
        """Whether the value goes out as a parameter, and not as a list or as a piece of text."""
        rendered = self.compiled.binds.get(value.key)  # the compiler may have copied it
        if rendered is None or value.expanding or value.literal_execute:
            return False
        self.binds[self.compiled.bind_names[rendered]] = None
        return True

    def _is_exported(self, column: Any) -> bool:
        """Whether a column of a subquery or CTE is the `workspace_id` of something pinned in there."""
        derived = column.table
        if isinstance(derived, CTE) and derived.recursive:
            return False  # what a round finds depends on the round before: compare with the bind again
        columns = list(derived.c)
        place = next((n for n, each in enumerate(columns) if hash(each) == hash(column)), None)
        return place is not None and self._is_selected(derived.element, place, len(columns))

    def _is_selected(self, element: Any, place: int, width: int | None = None) -> bool:
        """Whether the column at `place` of a SELECT, or of all parts of a UNION, is such a value."""
        if isinstance(element, SelectStatementGrouping):
            return self._is_selected(element.element, place, width)
        if isinstance(element, CompoundSelect):
            return all(self._is_selected(part, place, width) for part in element.selects)
        if not isinstance(element, Select):
            return False
        columns = list(element.selected_columns)
        if place >= len(columns) or width not in (None, len(columns)):
            return False
        bodies: list[Body | None] = [body for body in self.bodies if body.source is element]
        return all(self._is_own(columns[place], body) for body in bodies or [None])

    def _insert(self, state: Any) -> None:
        statement = state.statement
        if not self.compiled.is_tenant(statement.table):
            return
        self._note(statement.table)
        column = _workspace_column(statement.table)
        if column is None or not all(self._inserted(statement, state, column)):
            self.problems.append(f"each row must be given its {COLUMN}, as a value and not as an expression")
        for upsert in self.compiled.upserts:
            self._upsert(upsert, statement.table)

    def _inserted(self, statement: Any, state: Any, column: Any) -> Iterator[bool]:
        if statement.select is not None:
            names = list(statement._select_names)
            own = [body.entry for body in self.bodies if body.statement is statement]
            select = own[0].get("insert_from_select", statement.select) if own else statement.select
            yield column.key in names and self._is_selected(select, names.index(column.key))
            return
        rows = state._multi_parameters
        for number, row in enumerate(rows or [state._dict_parameters or {}]):
            values = _assigned(row, column)
            for value in values:
                yield self._is_written(value, f"{column.key}_m{number}" if rows else column.key)
            if not values:
                yield not rows and self._is_given(column, self.compiled.insert_prefetch)

    def _is_given(self, column: Any, prefetched: Collection[Any]) -> bool:
        """Whether the parameters of the execution, or a default made in Python, fill the column."""
        given = column.key in (self.compiled.column_keys or ()) or any(each is column for each in prefetched)
        if given:
            self.binds[column.key] = None
        return given

    def _is_written(self, value: Any, name: str) -> bool:
        """Whether what is assigned to the column is a value; a plain one travels in the bind `name`."""
        if isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"):
            return isinstance(value, BindParameter) and self._is_bind(value)
        self.binds[name] = None
        return True

    def _update(self, state: Any) -> None:
        table = state.statement.table
        column = _workspace_column(table)
        if column is None or not self.compiled.is_tenant(table):
            return
        values = _assigned(state._dict_parameters or {}, column)
        if not values:
            self._is_given(column, self.compiled.update_prefetch)
        computed = column.onupdate is not None and column.onupdate.is_clause_element
        if computed or not all(self._is_written(value, column.key) for value in values):
            self.problems.append(f"it writes an expression into {COLUMN}: rows stay where they are")

    def _upsert(self, upsert: Any, table: Any) -> None:
        for value in _assigned(upsert.update_values_to_set, _workspace_column(table)):
            if not (_is_excluded(value, table) or self._is_written(value, COLUMN)):
                self.problems.append(f"its ON CONFLICT writes an expression into {COLUMN}")
        target = [getattr(part, "name", part) for part in upsert.inferred_target_elements or ()]
        if COLUMN not in target and not any(
            _of(left) is table and (_is_excluded(right, table) or self._is_own(right, None))
            for left, right in _equal_pairs(upsert.update_whereclause)
        ):
            self.problems.append(
                f"ON CONFLICT may hit a row of another workspace: put {COLUMN} into `index_elements` "
                f"or compare it in `where`"
            )


def _called(occurrence: Any) -> str:
    table = getattr(occurrence, "element", occurrence)
    return str(table.name) if table is occurrence else f"{table.name} as {occurrence.name}"


def _workspace_column(table: Any) -> Any:
    return next((column for column in table.c if column.name == COLUMN), None)


def _assigned(values: Any, column: Any) -> list[Any]:
    """What a VALUES or SET assigns to a column, which may be named by itself or by its key."""
    return [value for key, value in values.items() if getattr(key, "key", key) == column.key]


def _of(element: Any) -> Any:
    """The table or alias whose `workspace_id` this expression is; None for any other expression."""
    return element.table if isinstance(element, ColumnClause) and element.name == COLUMN else None


def _is_excluded(value: Any, table: Any) -> bool:
    """Whether this is `excluded.workspace_id`, which is that of the row to insert."""
    source = _of(value)
    return source is not None and source.name == "excluded" and getattr(source, "element", None) is table


def _demands(body: Body) -> Iterator[tuple[Any, Any]]:
    """The occurrences of a body, each with something its `workspace_id` must equal for a row to count."""
    yield from _equalities(getattr(body.statement, "whereclause", None), body.tenants)
    for join in body.joins:
        sides = [] if join.full else [join.right] if join.isouter else [join.left, join.right]
        yield from _equalities(join.onclause, [leaf for side in sides for leaf in _leaves(side)])


def _equalities(clause: Any, targets: Collection[Any]) -> Iterator[tuple[Any, Any]]:
    for left, right in _equal_pairs(clause):
        table = _of(left)
        if table is not None and table in targets:
            yield table, right


def _equal_pairs(clause: Any) -> Iterator[tuple[Any, Any]]:
    """Both ways round, the sides of each `a = b` that a clause demands."""
    for part in _conjuncts(clause):
        if isinstance(part, BinaryExpression) and part.operator is operators.eq:
            yield part.left, part.right
            yield part.right, part.left


def _conjuncts(clause: Any) -> Iterator[Any]:
    if isinstance(clause, Grouping):
        yield from _conjuncts(clause.element)
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _conjuncts(part)
    elif clause is not None:
        yield clause


def _leaves(element: Any) -> Iterator[Any]:
    """The tables, aliases and subqueries that a join is made of."""
    if isinstance(element, Join):
        yield from _leaves(element.left)
        yield from _leaves(element.right)
    elif isinstance(element, FromGrouping):
        yield from _leaves(element.element)
    else:
        yield element
