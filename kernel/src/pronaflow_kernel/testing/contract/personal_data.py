"""What a plugin holds of people: all of it is exported, and what is theirs alone is erased.

The rule, for a user who is to be forgotten:

1. Every row that names them, by their id or by a copy of mail or name, is in what `collect_user_data`
   answers: its key and the texts in it.
2. After `erase_user_data` no copy of mail or name is left in the plugin's tables.
3. Ids stay: the kernel makes the account behind them anonymous. What people wrote into the records of a
   workspace stays with the workspace (modules.md, section 8 item 13). Only rows that belong to no workspace
   (without `workspace_id`) are theirs alone: afterwards none of them holds both their id and their words.

A plugin whose tables name nobody needs neither hook, one that only keeps ids needs the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, select

from ...errors import KernelError
from ...persistence.engines import open_bare
from ...persistence.scope import Scope
from ..people import Person
from ..walk import Operation, Party, Unsupplied
from .subject import Subject

MARK, NAME = "axolotl", "narwhalname"
"""A word in all that the user writes, and one in their mail and names; in nothing of anybody else."""

Found = dict[str, list[dict[str, Any]]]
"""Rows by table."""


def problems(subject: Subject) -> Iterator[str]:
    """What is held of a user and not exported, and what an erasure leaves."""
    if subject.metadata is None or not subject.metadata.tables:
        return
    party = _user(subject)
    person = party.person
    held = _naming(subject, person)
    subject.notes += _unseen(subject, held)
    if not held:
        return
    if "collect_user_data" in subject.world.kernel.hooks.implemented(subject.id):
        yield from _not_exported(subject, person, held)
    else:
        columns = ", ".join(f"{name}.{each}" for name, rows in held.items() for each in _where(rows, person))
        yield f"{columns} name users: implement collect_user_data"
    yield from _not_erased(subject, person)


def _user(subject: Subject) -> Party:
    """Somebody who has used all of the plugin, and with whose id and mail others have used it."""
    party = subject.party(MARK, person=subject.world.person(NAME))
    _use(subject, party)
    _use(subject, subject.party("stranger"), mail=party.person.email)
    other = subject.party("other", known={"user": party.person.id})
    subject.world.join(other.workspace_id, replace(party.person), "member")
    for operation, key in subject.makers.memberships:
        if "workspace" not in operation.records.values():
            other.create(operation.id, **{key: party.person.id})
    _use(subject, other)
    subject.world.drain()
    return party


def _use(subject: Subject, party: Party, mail: str | None = None) -> None:
    """Make one of everything and change it once.

    Arguments:
        mail: where an address is asked for, this one.
    """
    for operation in subject.operations.values():
        if operation.method in ("POST", "PUT", "PATCH") and not operation.path.endswith("/restore"):
            mails = {} if mail is None else _mails(operation, mail)
            with suppress(Unsupplied):  # the walks tell of requests that cannot be made
                party.create(operation.id, **mails)
    for kind in party.makers.kinds:
        with suppress(Unsupplied):
            party.id_of(kind)


def _mails(operation: Operation, mail: str) -> dict[str, Any]:
    """The fields of a body that take mail addresses."""
    found: dict[str, Any] = {}
    for key, schema in operation.body.items():
        if schema.get("format") == "email":
            found[key] = mail
        elif schema.get("items", {}).get("format") == "email":
            found[key] = [mail]
    return found


def _rows(subject: Subject) -> Iterator[tuple[Table, dict[str, Any]]]:
    assert subject.metadata is not None
    engine = open_bare(subject.world.database_url)
    try:
        with engine.connect() as connection:
            for table in subject.metadata.sorted_tables:
                if "fulltext" not in table.info:
                    for row in connection.execute(select(table)).mappings():
                        yield table, dict(row)
    finally:
        engine.dispose()


def _naming(subject: Subject, person: Person) -> Found:
    """The rows that name the user."""
    found: Found = {}
    for table, row in _rows(subject):
        if any(_names(value, person) for value in row.values()):
            found.setdefault(table.name, []).append(row)
    return found


def _names(value: Any, person: Person) -> bool:
    text = _text(value)
    return person.id in text or NAME in text


def _text(value: Any) -> str:
    """A value as lower-case text, whatever its type."""
    return (value if isinstance(value, str) else json.dumps(value, default=str).strip('"')).lower()


def _where(rows: list[dict[str, Any]], person: Person) -> list[str]:
    return sorted({name for row in rows for name, value in row.items() if _names(value, person)})


def _unseen(subject: Subject, held: Found) -> list[str]:
    """Tables that could name users, and did not for anything that the routes do."""
    assert subject.metadata is not None
    found = []
    for table in subject.metadata.tables.values():
        columns = [
            column.name
            for column in table.c
            if column.name == "user_id"
            or column.name.endswith("_by")
            or any(key.target_fullname.startswith("core__user.") for key in column.foreign_keys)
        ]
        if columns and table.name not in held:
            found.append(
                f"{subject.id}: {table.name}.{columns[0]} was never filled, so its export was not seen"
            )
    return found


def _not_exported(subject: Subject, person: Person, held: Found) -> Iterator[str]:
    kernel = subject.world.kernel
    with kernel.db.read(Scope.system()) as reader:
        answer = kernel.hooks.collect_user_data(reader, person.id).get(subject.id)
    if answer is None:
        yield f"collect_user_data answers nothing or fails{_error(subject, 'collect_user_data')}"
        return
    exported = _text(answer)
    for name, rows in held.items():
        assert subject.metadata is not None
        table = subject.metadata.tables[name]
        missing = [row for row in rows if not _is_in(table, row, person, exported)]
        if missing:
            columns = ", ".join(_where(missing, person))
            yield (
                f"collect_user_data leaves out {len(missing)} of {len(rows)} rows of {name} that name the "
                f"user ({columns}): answer them whole, keys and texts included"
            )


def _is_in(table: Table, row: Mapping[str, Any], person: Person, exported: str) -> bool:
    """Whether the key of a row and the user's texts in it stand in an export."""
    keys = [_text(row[column.name]) for column in table.primary_key if row[column.name] != person.id]
    texts = [_text(value) for value in row.values() if isinstance(value, str) and MARK in value]
    return all(json.dumps(part)[1:-1] in exported for part in (*keys, *texts))


def _not_erased(subject: Subject, person: Person) -> Iterator[str]:
    kernel = subject.world.kernel
    try:
        with kernel.db.write(Scope.system(), origin="system") as uow:
            kernel.hooks.erase_user_data(uow, person.id)
    except KernelError as error:
        yield f"erase_user_data fails: {error}{_error(subject, 'erase_user_data')}"
        return
    left: dict[str, None] = {}
    for table, row in _rows(subject):
        copies = [name for name, value in row.items() if NAME in _text(value)]
        left |= {f"{table.name}.{name} still holds the user's mail or name": None for name in copies}
        alone = "workspace_id" not in table.c and any(person.id == value for value in row.values())
        words = [name for name, value in row.items() if isinstance(value, str) and MARK in value]
        if alone:
            left |= {
                f"{table.name}.{name} still holds words of the user beside their id": None for name in words
            }
    yield from (f"after the hook erase_user_data {each}: remove or replace it there" for each in left)


def _error(subject: Subject, hook: str) -> str:
    timing = subject.world.kernel.guard.timings.get((subject.id, hook))
    return f" ({timing.last_error})" if timing is not None and timing.last_error else ""
