"""What a token may be limited to: the scopes of all permissions, whichever plugin brings them."""

from __future__ import annotations

from collections.abc import Sequence

from pronaflow_kernel.api import Access, Problem, ValidationFailed

ALL = "admin:all"
"""Everything that its owner may do, but for what is left to people."""

PERSONS = "admin:tokens"
"""Scope of the routes of tokens: no token can have it, so that none makes or revokes another one."""

PRINTED = frozenset({"read:reports"})
"""Scopes that the first seed's own example asks for, whether or not a plugin is there that demands them."""

_VERBS = ("read", "write", "delete", "admin")


class Scopes:
    """The scopes that there are.

    Arguments:
        access: knows the permissions.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._expanded: dict[tuple[str, ...], frozenset[str]] = {}

    def offered(self, workspace_id: str | None) -> list[str]:
        """Those that a token of a workspace can have, sorted by what they are about."""
        found = {permission.scope for permission in self._access.offered(workspace_id)}
        found = (found | PRINTED | {ALL}) - {PERSONS}
        return sorted(found, key=lambda scope: scope.split(":")[::-1])

    def chosen(self, asked: Sequence[str], workspace_id: str | None) -> list[str]:
        """Scopes as they are stored, each once, in the order in which they were asked for.

        `tasks:read` and `read:task` mean `read:tasks`.

        Raises:
            ValidationFailed: some do not exist; each is named, with those that do.
        """
        offered = self.offered(workspace_id)
        found = [_meant(text, offered) for text in asked]
        if None in found:
            allowed = f"It can be one of: {', '.join(offered)}."
            raise ValidationFailed(
                [
                    Problem(f"scopes.{place}", f"There is no such scope. {allowed}", "unknown_scope")
                    for place, scope in enumerate(found)
                    if scope is None
                ]
            )
        return list(dict.fromkeys(scope for scope in found if scope is not None))

    def expanded(self, scopes: Sequence[str]) -> frozenset[str]:
        """All that scopes cover: who may write something may read it, and `admin:all` covers all.

        Remembered, since permissions stay as they are while a server runs.
        """
        key = tuple(scopes)
        known = self._expanded.get(key)
        if known is None:
            known = self._expanded[key] = self._cover(key)
        return known

    def _cover(self, scopes: tuple[str, ...]) -> frozenset[str]:
        if ALL in scopes:
            every = {permission.scope for permission in self._access.permissions.values()}
            return frozenset({*scopes, *every} - {PERSONS})
        read = {f"read:{scope.removeprefix('write:')}" for scope in scopes if scope.startswith("write:")}
        return frozenset({*scopes, *read})


def described(scope: str) -> dict[str, str]:
    """A scope as the list of them shows it."""
    verb, _, about = scope.partition(":")
    words = f"{verb.capitalize()} access to {about}"
    if scope == ALL:
        words = "Everything that you may do, but for what only a person in a session may"
    return {
        "scope": scope,
        "description": words,
        "resource_type": _singular(about),
        "permission_type": verb,
    }


def _meant(text: str, offered: Sequence[str]) -> str | None:
    """The scope that somebody means; None where there is none."""
    first, _, second = text.strip().lower().partition(":")
    if second in _VERBS and first not in _VERBS:
        first, second = second, first
    return next((scope for scope in (f"{first}:{second}", f"{first}:{second}s") if scope in offered), None)


def _singular(word: str) -> str:
    if word.endswith(("ss", "ics", "us")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
