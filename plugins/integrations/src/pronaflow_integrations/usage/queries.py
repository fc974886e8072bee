"""Prebuilt statements on the usage of tokens."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import BigInteger, Date, Integer, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, UtcDateTime, unscoped

from ..tokens.models import ApiToken
from .models import TokenUsage

_WHY = "requests of tokens of all workspaces are counted together"
_KEYS = ["token_id", "day", "hour", "method", "route", "status_class"]

HELD = unscoped(
    _WHY,
    select(ApiToken.id)
    .where(ApiToken.id.in_(bindparam("ids", expanding=True, type_=IdType())))
    .order_by(ApiToken.id)
    .with_for_update(key_share=True),
)
"""Those of some tokens that are there, and stay until the commit; all processes take them in one order."""

_moment = bindparam("moment", type_=UtcDateTime())

USED = unscoped(
    _WHY,
    update(ApiToken)
    .where(ApiToken.id == bindparam("token", type_=IdType()))
    .values(
        request_count=ApiToken.request_count + bindparam("number", type_=BigInteger()),
        last_used_at=case(
            (ApiToken.last_used_at.is_(None), _moment),
            (ApiToken.last_used_at <= bindparam("before", type_=UtcDateTime()), _moment),
            else_=ApiToken.last_used_at,
        ),
    ),
)
"""Add to the requests of a token, and note when it was used unless that was noted a minute before or less."""


def _add(dialect: ModuleType) -> Any:
    statement = dialect.insert(TokenUsage.__table__)
    summed = TokenUsage.__table__.c.requests + statement.excluded.requests
    return unscoped(_WHY, statement.on_conflict_do_update(index_elements=_KEYS, set_={"requests": summed}))


_ADD = {module.dialect.name: _add(module) for module in (sqlite, postgresql)}


def add_usage(dialect: str) -> Any:
    """Add rows to those that are there.

    Arguments:
        dialect: `sqlite` or `postgresql`.
    """
    return _ADD[dialect]


_HERE = TokenUsage.workspace_id == SCOPE_WORKSPACE
_SUM = func.sum(TokenUsage.requests)
_OF = and_(
    _HERE,
    TokenUsage.token_id == bindparam("token_id", type_=IdType()),
    TokenUsage.day.between(bindparam("start", type_=Date()), bindparam("end", type_=Date())),
)
_KIND = (TokenUsage.method, TokenUsage.route, TokenUsage.status_class)

BY_ENDPOINT = select(*_KIND, _SUM.label("requests")).where(_OF).group_by(*_KIND)
"""Requests of a token from one day to another, by route and kind of answer."""

BY_DAY = (
    select(TokenUsage.day, _SUM.label("requests"))
    .where(_OF)
    .group_by(TokenUsage.day)
    .order_by(TokenUsage.day)
)
BY_HOUR = (
    select(TokenUsage.day, TokenUsage.hour, _SUM.label("requests"))
    .where(_OF)
    .group_by(TokenUsage.day, TokenUsage.hour)
    .order_by(TokenUsage.day, TokenUsage.hour)
)
"""The same by day, and by hour."""

_yesterday = bindparam("yesterday", type_=Date())
_LATELY = or_(
    TokenUsage.day > _yesterday,
    and_(TokenUsage.day == _yesterday, TokenUsage.hour >= bindparam("hour", type_=Integer())),
)
SUMS = (
    select(
        TokenUsage.token_id,
        func.sum(case((_LATELY, TokenUsage.requests), else_=0)).label("last_24h"),
        _SUM.label("last_30d"),
    )
    .where(
        _HERE,
        TokenUsage.token_id.in_(bindparam("ids", expanding=True, type_=IdType())),
        TokenUsage.day >= bindparam("since", type_=Date()),
    )
    .group_by(TokenUsage.token_id)
)
"""Requests of some tokens, lately and in a month."""

_before = bindparam("before", type_=Date())
_WHAT = "usage is kept for so long in all workspaces"
OLDEST = unscoped(_WHAT, select(func.min(TokenUsage.day)).where(TokenUsage.day < _before))
"""The first day of which there are rows, of those before another one."""

FORGET = unscoped(_WHAT, delete(TokenUsage).where(TokenUsage.day == bindparam("day", type_=Date())))
"""Delete the rows of a day."""
