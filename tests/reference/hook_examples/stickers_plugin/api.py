"""What other plugins may import."""

from __future__ import annotations

from typing import Protocol

from pronaflow_kernel.api import Row, UnitOfWork, hookspec


class Stickers(Protocol):
    """Stickers on the tasks of the scope's workspace."""

    def put(self, uow: UnitOfWork, task_id: str, text: str) -> Row:
        """Put a sticker on a task."""
        ...


class StickerHooks:
    """Questions that this plugin puts to others."""

    @hookspec
    def check_sticker(self, uow: UnitOfWork, text: str) -> None:
        """Object to a sticker before it is put, by raising `ValidationFailed`."""
