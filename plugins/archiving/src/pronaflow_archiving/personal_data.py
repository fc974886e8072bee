"""What this plugin holds of a user: exports of their data, erasures, and old events in files.

The exports go with the user. Erasures stay with nothing but ids: they prove that somebody was forgotten. In
files of old events other names are put in place of theirs. What they archived and deleted stays with its
workspace, under an account without a name.
"""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select, update

from pronaflow_kernel.api import ArchiveEntry, IdType, Reader, Row, TrashItem, UnitOfWork, unscoped

from .own_data import queries
from .own_data.models import ErasureRequest
from .own_data.service import OwnData
from .retention.cold import ColdStorage

_USER = bindparam("user_id", type_=IdType())
_WHY = "a user's data is looked for in all workspaces"
_MOVES = unscoped(_WHY, select(ArchiveEntry.__table__).where(ArchiveEntry.performed_by == _USER))
_DELETIONS = unscoped(_WHY, select(TrashItem.__table__).where(TrashItem.deleted_by == _USER))

FREE_TEXT = "Exports of personal data were deleted; {} files with old audit log entries were written anew."


def collect(reader: Reader, user_id: str) -> dict[str, list[Row]]:
    """Exports and erasures, and what they archived and deleted."""
    return {
        "data_exports": reader.all(queries.OF_USER, user_id=user_id),
        "erasures": reader.all(queries.ABOUT, user_id=user_id),
        "archive_moves": reader.all(_MOVES, user_id=user_id),
        "trash": reader.all(_DELETIONS, user_id=user_id),
    }


_WHOM = bindparam("whom", type_=IdType())
_SILENCE = (
    update(ErasureRequest)
    .where(or_(ErasureRequest.user_id == _WHOM, ErasureRequest.asked_by == _WHOM))
    .values(problem=None)
)
"""What went wrong with an erasure may have been told in words that name the person."""


def erase(uow: UnitOfWork, user_id: str, own_data: OwnData, cold: ColdStorage) -> str:
    """Delete the exports, and take the names out of files."""
    own_data.forget(uow, user_id)
    uow.execute(_SILENCE, whom=user_id)
    return FREE_TEXT.format(cold.forget(uow, user_id))
