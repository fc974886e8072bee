"""What a workspace calls people beside what they wrote: who has left is not named (modules.md 2.3 rule 4).

The ledger goes on naming them, for it tells who is answerable.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, exists, null

from ..identity.models import User
from ..persistence.scope import SCOPE_WORKSPACE
from .models import Membership

FORMER_MEMBER = "Former Member"
"""Shown as the user name of who is not, or no longer, in the workspace."""


def username_here(person: Any = User) -> Any:
    """Expression for the user name of a joined user, NULL where nobody was joined.

    Arguments:
        person: `User`, or the alias of it that the statement joins.
    """
    return case((_is_member(person), person.username), (person.id.is_not(None), FORMER_MEMBER), else_=null())


def full_name_here(person: Any = User) -> Any:
    """Expression for the full name of a joined user; NULL where they have none, or have left."""
    return case((_is_member(person), person.full_name), else_=null())


def _is_member(person: Any) -> Any:
    member = Membership.__table__.alias()
    return (
        exists(member.c.user_id)
        .where(member.c.workspace_id == SCOPE_WORKSPACE, member.c.user_id == person.id, member.c.is_active)
        .correlate(person)
    )
