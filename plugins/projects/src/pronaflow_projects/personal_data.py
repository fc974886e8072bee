"""What this plugin holds of a user, for the export of personal data.

Nothing is erased here: rows hold ids alone, and what people wrote stays with its workspace (modules.md,
section 8 item 13).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, or_, select

from pronaflow_kernel.api import IdType, Reader, Row, unscoped

from .change_requests.models import ChangeRequest
from .models import PrivateAccess, Project, ProjectMember
from .templates.models import ProjectTemplate

_USER = bindparam("user_id", type_=IdType())
_WHY = "a user's data is collected from all workspaces"

_KINDS: dict[str, Any] = {
    "projects": unscoped(_WHY, select(Project.__table__).where(Project.owner_id == _USER)),
    "memberships": unscoped(_WHY, select(ProjectMember.__table__).where(ProjectMember.user_id == _USER)),
    "private_access": unscoped(_WHY, select(PrivateAccess.__table__).where(PrivateAccess.user_id == _USER)),
    "change_requests": unscoped(
        _WHY,
        select(ChangeRequest.__table__).where(
            or_(ChangeRequest.created_by == _USER, ChangeRequest.reviewer_id == _USER)
        ),
    ),
    "templates": unscoped(_WHY, select(ProjectTemplate.__table__).where(ProjectTemplate.created_by == _USER)),
}


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """What the user owns, is in, asked for, decided on, saved, or entered as the workspace's owner."""
    return {kind: reader.all(statement, user_id=user_id) for kind, statement in _KINDS.items()}
