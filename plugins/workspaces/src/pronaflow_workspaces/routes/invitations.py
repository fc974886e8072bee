"""Invitations over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    NOWHERE,
    PUBLIC,
    Answer,
    Blueprint,
    InvalidRequest,
    Page,
    Reader,
    Row,
    UnitOfWork,
    in_path,
    invalid,
)

from ..schemas.invitations import (
    InvitationIn,
    InvitationOut,
    InvitationQuery,
    InvitationResultOut,
    InvitationsIn,
    JoinedOut,
    OpenedOut,
    TokenIn,
)
from ..service.answers import Answers
from ..service.invitations import Invitations

ONE = in_path("workspace")


def build(service: Invitations, answers: Answers) -> Blueprint:
    """Invitations to a workspace."""
    blp = Blueprint(
        "workspaces",
        url_prefix="/api/v1/workspaces",
        tag="Invitations",
        summary="Mails that let people join",
        name="workspace_invitations",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    _add_answers(blp, answers)
    return blp


def _add_collection(blp: Blueprint, service: Invitations) -> None:
    @blp.endpoint(
        "GET",
        "/<id:workspace_id>/invitations",
        permission="workspaces.read_invitations",
        target=ONE,
        query=InvitationQuery,
        returns=InvitationOut,
        many=True,
    )
    def list_invitations(reader: Reader, workspace_id: str, query: dict[str, Any]) -> Page:
        """List the invitations of a workspace."""
        return service.page(reader, query)

    @blp.endpoint(
        "POST",
        "/<id:workspace_id>/invitations",
        permission="workspaces.invite",
        target=ONE,
        body=InvitationIn,
        returns=InvitationOut,
        status=201,
    )
    def invite(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Invite somebody by mail.

        Replaces an invitation that waits at the same address.
        """
        return service.invite(uow, body["email"], body["role"], body["message"])

    @blp.endpoint(
        "POST",
        "/<id:workspace_id>/invitations/bulk",
        permission="workspaces.invite",
        target=ONE,
        body=InvitationsIn,
        returns=InvitationResultOut,
        many=True,
        status=201,
    )
    def invite_many(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> list[Row]:
        """Invite up to 50 people by mail.

        The answer says of each address what became of it; those of members are left out.
        """
        return service.invite_each(uow, body["emails"], body["role"], body["message"])


def _add_record(blp: Blueprint, service: Invitations) -> None:
    @blp.endpoint(
        "POST",
        "/<id:workspace_id>/invitations/<id:invitation_id>/resend",
        permission="workspaces.invite",
        target=ONE,
        returns=InvitationOut,
    )
    def resend_invitation(uow: UnitOfWork, workspace_id: str, invitation_id: str) -> Row:
        """Mail an invitation again.

        It gets a new link and a new time to live; the old link works no more. An expired one can be sent
        again, one that was cancelled, declined or replaced cannot. Members resend only what they sent.
        """
        return service.resend(uow, invitation_id)

    @blp.endpoint(
        "DELETE",
        "/<id:workspace_id>/invitations/<id:invitation_id>",
        permission="workspaces.cancel_invitation",
        target=ONE,
    )
    def cancel_invitation(uow: UnitOfWork, workspace_id: str, invitation_id: str) -> Answer:
        """Cancel an invitation; its link works no more."""
        service.cancel(uow, invitation_id)
        return Answer(message="The invitation was cancelled")


def _add_answers(blp: Blueprint, service: Answers) -> None:
    @blp.endpoint(
        "POST",
        "/invitations/open",
        permission=PUBLIC,
        target=NOWHERE,
        body=TokenIn,
        query=TokenIn,
        returns=OpenedOut,
    )
    def open_invitation(uow: UnitOfWork, body: dict[str, Any], query: dict[str, Any]) -> Row:
        """Read what an invitation is to; for the page behind its link.

        Needs the token and no account. Whoever then registers with the address joins as soon as it is
        confirmed; who has an account already accepts.
        """
        return service.open(uow, _token(body, query))

    @blp.endpoint(
        "POST",
        "/invitations/accept",
        permission="workspaces.accept_invitation",
        target=NOWHERE,
        body=TokenIn,
        query=TokenIn,
        returns=JoinedOut,
    )
    def accept_invitation(uow: UnitOfWork, body: dict[str, Any], query: dict[str, Any]) -> Answer:
        """Accept an invitation that was sent to your address.

        The token stands in the mail. Send it in the body: query strings end up in logs.
        """
        row = service.accept(uow, _token(body, query))
        return Answer(row, f"You joined {row['workspace_name']}")

    @blp.endpoint(
        "POST",
        "/invitations/decline",
        permission=PUBLIC,
        target=NOWHERE,
        body=TokenIn,
        query=TokenIn,
    )
    def decline_invitation(uow: UnitOfWork, body: dict[str, Any], query: dict[str, Any]) -> Answer:
        """Decline an invitation; needs its token and no account."""
        service.decline(uow, _token(body, query))
        return Answer(message="The invitation was declined")


def _token(body: dict[str, Any], query: dict[str, Any]) -> str:
    """The one token in body or query."""
    sent = {part["token"] for part in (body, query) if part["token"] is not None}
    if not sent:
        raise invalid("token", "Missing data for required field.", "required")
    if len(sent) > 1:
        raise InvalidRequest("Body and query name different tokens")
    return str(sent.pop())
