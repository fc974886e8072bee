"""Files in a bucket that is spoken to in the protocol of Amazon S3 (AWS, MinIO, Ceph, Garage and others)."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import ServiceUnavailable
from ..health import Degraded
from .store import FileStore, FileWriter, checked_key, is_key

PART_BYTES = 8 * 1024 * 1024
"""Size of the parts in which a larger file goes up; S3 takes 10,000 of them, at least 5 MiB each."""

CHECK_SECONDS = 60.0
"""How long the last look at the bucket counts: each costs two requests."""

_MISSING = {"NoSuchKey", "404", "NotFound"}


class S3FileStore(FileStore):
    """Files in a bucket.

    Arguments:
        client: of boto3, for S3; used by several threads at once.
        bucket: its name; it must be there.
        prefix: what all keys begin with in the bucket; empty, or with a slash at the end.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._checked = float("-inf")

    def writer(self) -> FileWriter:
        """As `FileStore.writer`."""
        return _Writer(self._client, self._bucket, self._prefix)

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """As `FileStore.open`."""
        where = self._where(key)
        if length == 0:
            self._call("head_object", **where)
            return io.BytesIO()
        asked = {}
        if start or length is not None:
            end = "" if length is None else start + length - 1
            asked = {"Range": f"bytes={start}-{end}"}
        answer = self._call("get_object", **where, **asked)
        body: BinaryIO = answer["Body"]
        return body

    def delete(self, key: str) -> None:
        """As `FileStore.delete`."""
        self._call("delete_object", **self._where(key))

    def keys(self, before: datetime) -> Iterator[str]:
        """As `FileStore.keys`."""
        for found in self._pages("list_objects_v2", "Contents"):
            name = found["Key"].removeprefix(self._prefix)
            if is_key(name) and found["LastModified"] < before:
                yield name

    def clear(self, before: datetime) -> int:
        """As `FileStore.clear`."""
        old = [u for u in self._pages("list_multipart_uploads", "Uploads") if u["Initiated"] < before]
        for each in old:
            where = {"Bucket": self._bucket, "Key": each["Key"], "UploadId": each["UploadId"]}
            self._call("abort_multipart_upload", **where)
        return len(old)

    def demand_room(self, size: int) -> None:
        """A bucket has no end."""

    def check(self) -> None:
        """As `FileStore.check`; what was seen counts for a minute."""
        if time.monotonic() < self._checked + CHECK_SECONDS:
            return
        probe = {"Bucket": self._bucket, "Key": f"{self._prefix}probe"}
        try:
            self._call("put_object", **probe, Body=b"")
            self._call("get_object", **probe)["Body"].close()
        except (ServiceUnavailable, FileNotFoundError) as error:
            raise Degraded(
                f"the bucket {self._bucket} cannot be read and written: {error.__cause__}"
            ) from error
        self._checked = time.monotonic()

    def _pages(self, operation: str, part: str) -> Iterator[dict[str, Any]]:
        with _away():
            pages = self._client.get_paginator(operation).paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                yield from page.get(part, ())

    def _where(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + checked_key(key)}

    def _call(self, operation: str, **arguments: Any) -> Any:
        with _away():
            return getattr(self._client, operation)(**arguments)


class _Writer(FileWriter):
    """A file that goes up in parts as it comes, or in one request where it is small."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        super().__init__()
        self._client = client
        self._where = {"Bucket": bucket, "Key": prefix + self.key}
        self._upload: dict[str, str] | None = None
        self._waiting = bytearray()
        self._parts: list[dict[str, Any]] = []

    def _write(self, chunk: bytes) -> None:
        self._waiting += chunk
        while len(self._waiting) >= PART_BYTES:
            self._send(bytes(self._waiting[:PART_BYTES]))
            del self._waiting[:PART_BYTES]

    def _send(self, content: bytes) -> None:
        with _away():
            if self._upload is None:
                self._upload = {"UploadId": self._client.create_multipart_upload(**self._where)["UploadId"]}
            part = {"PartNumber": len(self._parts) + 1}
            sent = self._client.upload_part(**self._where, **self._upload, **part, Body=content)
            self._parts.append({**part, "ETag": sent["ETag"]})

    def _finish(self) -> None:
        if self._upload is None:
            with _away():
                self._client.put_object(**self._where, Body=bytes(self._waiting))
            return
        if self._waiting:
            self._send(bytes(self._waiting))
        with _away():
            self._client.complete_multipart_upload(
                **self._where, **self._upload, MultipartUpload={"Parts": self._parts}
            )

    def _abort(self) -> None:
        if self._upload is not None:
            # What stays behind is removed by `clear`.
            with suppress(BotoCoreError, ClientError):
                self._client.abort_multipart_upload(**self._where, **self._upload)


def s3_store_from(url: str) -> S3FileStore:
    """The store that an address names.

    Arguments:
        url: `s3://bucket/prefix?endpoint_url=https://...&region=...`; a key and its secret may stand before
            the bucket, else boto3 looks for them where it always does.

    Raises:
        ValueError: boto3 cannot use what it says.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    given = {
        "aws_access_key_id": parts.username and unquote(parts.username),
        "aws_secret_access_key": parts.password and unquote(parts.password),
        "endpoint_url": options.get("endpoint_url"),
        "region_name": options.get("region"),
    }
    prefix = parts.path.strip("/")
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=64,
        # Stores other than Amazon's do not all know the newer checksums; ours is kept with the file.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        client = boto3.client("s3", config=config, **{name: value for name, value in given.items() if value})
    except (BotoCoreError, ValueError) as error:
        raise ValueError("cannot be used: is there a region, and is endpoint_url an address?") from error
    return S3FileStore(client, parts.hostname or "", f"{prefix}/" if prefix else "")


@contextmanager
def _away() -> Iterator[None]:
    """Tell what is not there, and a store that is away, from a defect."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise FileNotFoundError("nothing is stored under this key") from error
        raise ServiceUnavailable("The file store refuses", headers={"Retry-After": "5"}) from error
    except BotoCoreError as error:
        raise ServiceUnavailable("The file store is away", headers={"Retry-After": "5"}) from error
