"""What change requests need of whoever keeps task lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pronaflow_kernel.api import UnitOfWork


class NewLists(Protocol):
    """Published by whoever owns task lists; an approved change request makes some through it."""

    def make_lists(self, uow: UnitOfWork, project_id: str, names: Sequence[str]) -> None:
        """Make lists at the end of a project's, whatever its mode.

        Raises:
            Conflict: the project takes no changes.
        """
        ...
