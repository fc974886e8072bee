"""The order of workspace roles, and what follows from it."""

from __future__ import annotations

from pronaflow_kernel.api import Forbidden, Reader

FRESH = 600
"""Seconds since people proved who they are, within which they may give a workspace away (security.md 2.6)."""

_RANKS = ("viewer", "member", "admin", "owner")


def require_rank(reader: Reader, role: str, message: str) -> None:
    """Refuse unless the caller's role in the workspace is at least `role`.

    Nobody grants a role above the own one, or changes somebody who has one (modules.md 2.4, security.md 2.8).

    Raises:
        Forbidden: with `message`.
    """
    if _RANKS.index(role) > _RANKS.index(str(reader.scope.workspace_role)):
        raise Forbidden(message)
