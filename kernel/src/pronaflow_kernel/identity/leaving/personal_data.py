"""All that is held of a user, for the user: what the kernel holds, and what the plugins answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from ...events.erasure import personal_values
from ...events.models import EventRow
from ...jobs.operations.models import Operation
from ...persistence.types import Id
from ...persistence.uow import Reader, Row
from ...preferences.models import Preference
from ...tenancy.models import Membership, Workspace
from ...tenancy.rule import unscoped
from ..mfa.models import Factor
from ..models import IdentityLink, Session, User

if TYPE_CHECKING:
    from ...kernel import Kernel

_WHY = "a user's data is collected from all workspaces"
_USER = bindparam("user_id", type_=Id())
_SECRET = {"password_hash", "token_epoch", "version"}
_KINDS: dict[str, Any] = {
    "account": select(*(column for column in User.__table__.c if column.name not in _SECRET)).where(
        User.id == _USER
    ),
    "sessions": select(*(column for column in Session.__table__.c if column.name != "token_epoch"))
    .where(Session.user_id == _USER)
    .order_by(Session.id),
    "second_factors": select(Factor.kind, Factor.created_at, Factor.confirmed_at).where(
        Factor.user_id == _USER
    ),
    "linked_identities": select(IdentityLink.__table__)
    .where(IdentityLink.user_id == _USER)
    .order_by(IdentityLink.id),
    "preferences": select(Preference.section, Preference.chosen, Preference.updated_at)
    .where(Preference.user_id == _USER)
    .order_by(Preference.section),
    "workspaces": unscoped(
        _WHY,
        select(
            Workspace.id, Workspace.name, Membership.role, Membership.is_active, Membership.joined_at,
            Membership.left_at,
        )
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == _USER)
        .order_by(Workspace.id),
    ),
    "jobs": unscoped(
        _WHY,
        select(
            Operation.kind, Operation.title, Operation.workspace_id, Operation.status, Operation.result,
            Operation.created_at, Operation.finished_at,
        )
        .where(Operation.user_id == _USER)
        .order_by(Operation.id),
    ),
    "actions": unscoped(
        _WHY,
        select(
            EventRow.type, EventRow.occurred_at, EventRow.workspace_id, EventRow.aggregate_type,
            EventRow.aggregate_id, EventRow.session_id,
        )
        .where(EventRow.user_id == _USER)
        .order_by(EventRow.seq),
    ),
}  # fmt: skip


def collect(kernel: Kernel, reader: Reader, user_id: str) -> dict[str, Any]:
    """All that is held of a user, without secrets.

    Arguments:
        reader: in no workspace, so that plugins that are off in one are asked too.

    Returns:
        `kernel` and `plugins`: rows by kind, for plugins below their ids; `left_out`: ids of plugins that may
        hold something and did not answer.
    """
    own: dict[str, list[Row]] = {
        kind: reader.all(statement, user_id=user_id) for kind, statement in _KINDS.items()
    }
    own["personal_values"] = personal_values(reader, user_id)
    answers = kernel.hooks.collect_user_data(reader, user_id)
    asked = {i for i, status in kernel.plugins.items() if _implements(status.manifest, "collect_user_data")}
    return {"kernel": own, "plugins": answers, "left_out": sorted(asked - answers.keys())}


def unheard(kernel: Kernel, hook: str) -> list[str]:
    """Ids of the plugins that implement a hook and cannot be asked now, sorted."""
    asked = ("ready", "degraded")
    return sorted(
        plugin_id
        for plugin_id, status in kernel.plugins.items()
        if _implements(status.manifest, hook) and kernel.state(plugin_id).state not in asked
    )


def _implements(manifest: Any, hook: str) -> bool:
    return manifest is not None and hook in manifest.hooks
