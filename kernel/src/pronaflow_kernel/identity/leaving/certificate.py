"""What an erasure did, counted while it is done: rows by table, and what is kept under the nameless account.

The certificate names nobody: it holds the id of the account, counts, and sentences of the plugins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

KEPT = "What the person wrote into records of a workspace stays there, under an account without a name."
"""What became of free text where a plugin still refers to the account and says nothing itself."""
NOTHING = "Nothing of the person is left."

Rows = dict[str, dict[str, int]]
"""By table, how many rows were `deleted`, `updated` or `inserted`."""


@contextmanager
def counting(connection: Connection) -> Iterator[Rows]:
    """Count the rows that the block changes, by table.

    What goes by a foreign key with them is not counted: its table is not named in any statement.
    """
    found: Rows = {}

    def note(_c: Any, cursor: Any, _statement: str, _params: Any, context: Any, _many: bool) -> None:
        verb = _verb(context)
        if verb is not None and cursor.rowcount > 0:
            name = str(context.compiled.statement.table.name)
            tables = found.setdefault(name, Counter())
            tables[verb] += cursor.rowcount

    event.listen(connection, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "after_cursor_execute", note)


def certificate(
    user_id: str,
    by: str,
    at: str,
    rows: Rows,
    workspaces: Sequence[str],
    words: Mapping[str, Any],
    kept: Any,
    letters: str,
) -> dict[str, Any]:
    """What was done, for whoever must show it.

    Arguments:
        by: `owner` or `operator`; at: when, RFC 3339.
        rows: from `counting`; workspaces: ids of those that went with the person.
        words: plugin id to what it says of free text, if it says anything.
        kept: as `collect_user_data` answers, after the erasure.
        letters: what becomes of mails.
    """
    owners = sorted({name.partition("__")[0] for name in rows} | set(words) | set(kept))
    return {
        "user_id": user_id,
        "erased_at": at,
        "erased_by": by,
        "workspaces_deleted": sorted(workspaces),
        "kernel": {"rows": _of("core", rows), "letters": letters},
        "plugins": [_part(owner, rows, words, kept) for owner in owners if owner != "core"],
    }


def _part(owner: str, rows: Rows, words: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    held = {kind: len(found) for kind, found in kept.get(owner, {}).items() if found}
    return {
        "plugin_id": owner,
        "rows": _of(owner, rows),
        "kept": held,
        "free_text": words.get(owner) or (KEPT if held else NOTHING),
    }


def _of(owner: str, rows: Rows) -> Rows:
    return {name: dict(rows[name]) for name in sorted(rows) if name.startswith(f"{owner}__")}


def _verb(context: Any) -> str | None:
    if context is None or context.compiled is None:
        return None
    verbs = {"deleted": context.isdelete, "updated": context.isupdate, "inserted": context.isinsert}
    return next((verb for verb, is_it in verbs.items() if is_it), None)
