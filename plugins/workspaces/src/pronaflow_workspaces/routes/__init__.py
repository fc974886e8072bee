"""Workspaces over HTTP, one blueprint a concern."""

from __future__ import annotations

from pronaflow_kernel.api import Blueprint

from ..service.answers import Answers
from ..service.invitations import Invitations
from ..service.members import Members
from ..service.settings import SettingsService
from ..service.workspaces import Workspaces
from . import invitations, members, settings, workspaces


def build(
    of_workspaces: Workspaces,
    of_members: Members,
    of_invitations: Invitations,
    answers: Answers,
    of_settings: SettingsService,
) -> list[Blueprint]:
    """The blueprints under `/api/v1/workspaces`."""
    return [
        workspaces.build(of_workspaces),
        members.build(of_members),
        invitations.build(of_invitations, answers),
        settings.build(of_settings),
    ]
