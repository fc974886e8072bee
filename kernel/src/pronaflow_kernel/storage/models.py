"""Which files are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase


class KeptFile(CoreBase):
    """A file of the store that a plugin keeps; a table of the plugin refers to `key`.

    What has no row here is removed from the store after a day. `bundled` says that the plugin's row is in a
    bundle and not in the database (`persistence.bundled_files`): then the file stays, although nothing refers
    to it.
    """

    __tablename__ = "core__kept_file"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    plugin_id: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    bundled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
