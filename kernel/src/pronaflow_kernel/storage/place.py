"""Where the files of a server are, as its settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .local import LocalFileStore
from .store import FileStore

if TYPE_CHECKING:
    from ..settings import Settings


def file_store_from(settings: Settings) -> FileStore:
    """The store of this server: the bucket of `files.url`, or `files` in the data folder.

    Raises:
        ValueError: what `files.url` names cannot be used; the words do not repeat it.
    """
    if settings.files.url is None:
        return LocalFileStore(settings.data_dir / "files", settings.files.spare_bytes)
    # boto3 is large, and only buckets need it.
    try:
        from .s3 import s3_store_from
    except ModuleNotFoundError as error:
        words = "needs what is not installed: pip install 'pronaflow-kernel[s3]'"
        raise ValueError(f"files.url {words}") from error
    try:
        return s3_store_from(settings.files.url)
    except ValueError as error:
        raise ValueError(f"files.url {error}") from error
