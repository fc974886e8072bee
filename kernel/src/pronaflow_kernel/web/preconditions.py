"""ETag, If-None-Match and If-Match (RFC 9110, 8.8.3 and 13.1).

The tag of a record is `"<version>-<8 hex of the body's hash>"`. What `ext` adds and what is counted live
change the body and not the version, so that the two halves serve two questions: `If-None-Match` compares
the whole, and a 304 stands for the very bytes; `If-Match` compares the version alone, since a write must
not fail because somebody's comment was counted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from flask import Request, Response

from ..errors import InvalidRequest, PreconditionFailed
from ..persistence.base import Model
from ..persistence.uow import UnitOfWork
from ..records.resources import Resource
from ..tenancy.models import Workspace
from .targets import ANYWHERE, NOWHERE, Target, named_in_path

# One element of a list that may have empty ones; a tag may hold a comma, so that a split would not do.
_ELEMENT = re.compile(r'[ \t]*(?:(W/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|\Z)')
_OURS = re.compile(r'"([0-9]{1,18})-[0-9a-f]{8}"')

Tag = tuple[bool, str]
"""Whether it is weak, and its text with the quotes."""


def etag(version: int, body: bytes) -> str:
    """The strong tag of a record whose answer is `body`."""
    return f'"{version}-{hashlib.sha256(body).hexdigest()[:8]}"'


def tags(request: Request, header: str) -> list[Tag] | None:
    """The tags that a header names; None for `*`, and no tags where it is not sent.

    Raises:
        InvalidRequest: it is neither `*` nor a list of quoted tags.
    """
    text = request.headers.get(header, "").strip(" \t")
    if text == "*":
        return None
    found: list[Tag] = []
    end = 0
    while end < len(text):
        element = _ELEMENT.match(text, end)
        if element is None:
            break
        end = element.end()
        if element[2] is not None:
            found.append((element[1] is not None, element[2]))
    if end < len(text) or (header in request.headers and not found):
        raise InvalidRequest(f'{header} must be * or tags in quotes, as an ETag names them: "3-1f2e3d4c"')
    return found


def unless_known(request: Request, response: Response) -> Response:
    """The response, or 304 without a body where the caller has it already.

    Raises:
        InvalidRequest: `If-None-Match` is malformed.
    """
    tag = response.headers.get("ETag")
    if tag is None:
        return response
    known = tags(request, "If-None-Match")
    if known is not None and tag not in (text for _, text in known):
        return response
    return Response(status=304, headers={"ETag": tag})


def expect_match(
    uow: UnitOfWork,
    request: Request,
    target: Target,
    path: Mapping[str, Any],
    resources: Mapping[str, Resource],
) -> None:
    """Let a unit of work commit only if the record in the path has a version that `If-Match` names.

    Raises:
        InvalidRequest: the header is malformed.
        PreconditionFailed: the address leads to no record with versions; if it leads to one of another
            version, the unit of work raises this later.
    """
    accepted = tags(request, "If-Match")
    # For `*` it is enough that there is something, and authorization has found it.
    if not accepted:
        return
    matched = (_OURS.fullmatch(text) for weak, text in accepted if not weak)
    versions = frozenset(int(match[1]) for match in matched if match)
    if target in (NOWHERE, ANYWHERE):
        uow.expect_own(versions)
        return
    named = named_in_path(target, path)
    model = None if named is None else _model(named[0], resources)
    if named is None or model is None or "version" not in model.__table__.c:
        raise PreconditionFailed("If-Match names a version, and what is at this address has none")
    uow.expect(model, named[1], versions)


def _model(resource: str, resources: Mapping[str, Resource]) -> type[Model]:
    return Workspace if resource == "workspace" else resources[resource].model
