"""What people have chosen, and what workspaces choose for them, whichever plugins are there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..identity.models import User
from ..models import CoreBase
from ..persistence.base import Identified, Timestamped, Versioned
from ..persistence.types import Id
from ..tenancy.models import Workspace


class Preference(Identified, Versioned, Timestamped, CoreBase):
    """What a user has chosen in a section, and nothing else: defaults may change under it.

    The id follows from section and user, so that it is known before there is a row.
    """

    __tablename__ = "core__preference"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey(User.id, ondelete="CASCADE"))
    section: Mapped[str] = mapped_column(String(60))
    chosen: Mapped[dict[str, Any]]

    __table_args__ = (UniqueConstraint("user_id", "section"),)


class PreferencePolicy(Versioned, Timestamped, CoreBase):
    """What a workspace has chosen for its members in a section.

    What is `chosen` counts where a member has chosen nothing; what `mandatory` names
    (`accessibility.high_contrast`) counts whatever a member has chosen (modules.md 10).
    """

    __tablename__ = "core__preference_policy"

    workspace_id: Mapped[str] = mapped_column(
        Id, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    section: Mapped[str] = mapped_column(String(60), primary_key=True)
    chosen: Mapped[dict[str, Any]]
    mandatory: Mapped[list[Any]]
