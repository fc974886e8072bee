"""Who calls: routes of identity are for people, some of them only for people in a session."""

from __future__ import annotations

from ..errors import Forbidden
from ..persistence.uow import Reader


def user_of(reader: Reader) -> str:
    """Id of the caller.

    Raises:
        Forbidden: the credential stands for no user.
    """
    user_id = reader.scope.principal.user_id
    if user_id is None:
        raise Forbidden("This credential belongs to no user")
    return user_id


def session_of(reader: Reader) -> tuple[str, str]:
    """Ids of the caller and of their session.

    Raises:
        Forbidden: the credential is no session.
    """
    principal = reader.scope.principal
    if principal.user_id is None or principal.session_id is None:
        raise Forbidden("Only a person may do this, in a session", details={"reason": "session_required"})
    return principal.user_id, principal.session_id
