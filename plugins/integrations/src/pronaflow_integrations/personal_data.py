"""What this plugin holds of a user: API tokens and what they were used for, webhooks, connections, consents.

The tokens go with the user, and so do connections, once the services were told. A webhook is the workspace's,
and stays with nothing but an id. Consents stay as proof, under a pseudonym.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from pronaflow_kernel.api import IdType, Reader, Row, UnitOfWork, unscoped

from .connections import queries as connections
from .consents import keeping as consents
from .tokens.models import ApiToken
from .usage.models import TokenUsage
from .webhooks.queries import THEIRS

_USER = bindparam("user_id", type_=IdType())
_WHY = "a user's data is looked for in all workspaces"

_TOKENS = unscoped(
    _WHY,
    select(*(column for column in ApiToken.__table__.c if column.name != "token_hash"))
    .where(ApiToken.user_id == _USER)
    .order_by(ApiToken.id),
)
_USAGE = unscoped(
    _WHY,
    select(TokenUsage.__table__)
    .join(ApiToken, ApiToken.id == TokenUsage.token_id)
    .where(ApiToken.user_id == _USER)
    .order_by(*TokenUsage.__table__.primary_key),
)
_FORGET = unscoped(_WHY, delete(ApiToken).where(ApiToken.user_id == _USER))


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """Tokens and connections without what is secret, what tokens were used for, webhooks and consents."""
    return {
        "api_tokens": reader.all(_TOKENS, user_id=user_id),
        "api_token_usage": reader.all(_USAGE, user_id=user_id),
        "webhooks": reader.all(THEIRS, user_id=user_id),
        "connections": reader.all(connections.OF_USER, user_id=user_id),
        "connections_begun": reader.all(connections.BEGUN_BY, user_id=user_id),
        "consents": consents.collect(reader, user_id),
    }


def erase(uow: UnitOfWork, user_id: str) -> str:
    """Delete the user's tokens, and with them what they were used for; put a pseudonym on their consents."""
    uow.execute(_FORGET, user_id=user_id)
    consents.forget(uow, user_id)
    return consents.FREE_TEXT
