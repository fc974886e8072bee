"""What a store does, wherever it keeps its files: the same tests for a folder and for a bucket."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from pronaflow_kernel.errors import ServiceUnavailable
from pronaflow_kernel.health import Degraded
from pronaflow_kernel.settings import FileSettings, Settings
from pronaflow_kernel.storage import s3
from pronaflow_kernel.storage.local import LocalFileStore
from pronaflow_kernel.storage.place import file_store_from
from pronaflow_kernel.storage.s3 import PART_BYTES, S3FileStore, s3_store_from
from pronaflow_kernel.storage.store import FileStore

NOBODY = "0" * 32
LATER = datetime(2999, 1, 1, tzinfo=UTC)
EARLIER = datetime(2000, 1, 1, tzinfo=UTC)


class StoreSuite:
    """Of every store. A subclass has the fixtures `store` and `left`: names of all that is there."""

    @pytest.mark.parametrize("size", [0, 1, 1000, PART_BYTES, 2 * PART_BYTES + 5])
    def test_what_comes_out_is_what_went_in(self, store: FileStore, size: int) -> None:
        content = os.urandom(1000) * (size // 1000) + os.urandom(size % 1000)
        stored = store.put(BytesIO(content))
        assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
        with store.open(stored.key) as stream:
            assert stream.read() == content

    @pytest.mark.parametrize(("start", "length"), [(0, 1), (3, 4), (9, 1), (5, None), (0, None), (0, 0)])
    def test_a_part(self, store: FileStore, start: int, length: int | None) -> None:
        stored = store.put(BytesIO(b"0123456789"))
        with store.open(stored.key, start, length) as stream:
            found = stream.read(length) if length is not None else stream.read()
        assert found == b"0123456789"[start : None if length is None else start + length]

    def test_what_is_not_finished_was_never_there(
        self, store: FileStore, left: Callable[[], list[str]]
    ) -> None:
        with store.writer() as writer:
            writer.write(b"x" * (PART_BYTES + 1))
        with pytest.raises(FileNotFoundError):
            store.open(writer.key)
        assert left() == []

    def test_deleting_twice_is_no_error(self, store: FileStore, left: Callable[[], list[str]]) -> None:
        key = store.put(BytesIO(b"x")).key
        store.delete(key)
        store.delete(key)
        with pytest.raises(FileNotFoundError):
            store.open(key)
        assert left() == []

    @pytest.mark.parametrize("length", [None, 0, 5])
    def test_what_was_never_stored(self, store: FileStore, length: int | None) -> None:
        with pytest.raises(FileNotFoundError):
            store.open(NOBODY, 0, length)

    @pytest.mark.parametrize("key", ["", "..", "../x", "a" * 31, "A" * 32, "a" * 32 + "/../x"])
    def test_nothing_else_is_a_key(self, store: FileStore, key: str) -> None:
        for act in (store.open, store.delete):
            with pytest.raises(FileNotFoundError, match="not a key"):
                act(key)

    def test_tells_what_is_older(self, store: FileStore) -> None:
        keys = {store.put(BytesIO(b"x")).key for _ in range(3)}
        assert set(store.keys(LATER)) == keys
        assert set(store.keys(EARLIER)) == set()

    def test_clears_what_died_before_it_was_finished(
        self, store: FileStore, left: Callable[[], list[str]]
    ) -> None:
        kept = store.put(BytesIO(b"x")).key
        with store.writer() as dying:
            dying.write(b"x" * (PART_BYTES + 1))
            assert len(left()) == 2
            assert store.clear(EARLIER) == 0
            assert store.clear(LATER) == 1
            assert left() == [kept]

    def test_is_well(self, store: FileStore) -> None:
        store.check()
        store.demand_room(1)


class TestFolder(StoreSuite):
    """Files in a folder."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> FileStore:
        """Empty."""
        return LocalFileStore(tmp_path / "files")

    @pytest.fixture
    def left(self, tmp_path: Path) -> Callable[[], list[str]]:
        """Names of all files."""
        return lambda: [path.name for path in tmp_path.rglob("*") if path.is_file()]

    def test_leaves_room_for_the_database(self, tmp_path: Path) -> None:
        store = LocalFileStore(tmp_path, spare=10**18)
        with pytest.raises(ServiceUnavailable, match="no room"):
            store.demand_room(1)
        with pytest.raises(Degraded, match="no more files are taken"):
            store.check()

    def test_tells_what_it_may_not_write(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.access", lambda *_: False)
        with pytest.raises(Degraded, match="cannot be read and written"):
            LocalFileStore(tmp_path / "none").check()


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    """Address of a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def url(amazon: str) -> str:
    """Address of an empty bucket."""
    bucket = f"bucket-{time.monotonic_ns()}"
    client = boto3.client(
        "s3",
        endpoint_url=amazon,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="s/e",
    )
    client.create_bucket(Bucket=bucket)
    return f"s3://key:s%2Fe@{bucket}/pronaflow/files?endpoint_url={amazon}&region=us-east-1"


class TestBucket(StoreSuite):
    """Files in a bucket."""

    @pytest.fixture
    def store(self, url: str) -> Any:
        """Empty."""
        return s3_store_from(url)

    @pytest.fixture
    def left(self, store: Any) -> Callable[[], list[str]]:
        """Names of all objects, and of those that are not finished."""

        def names() -> list[str]:
            client, bucket = store._client, store._bucket
            whole = client.list_objects_v2(Bucket=bucket).get("Contents", [])
            begun = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
            assert all(each["Key"].startswith("pronaflow/files/") for each in [*whole, *begun])
            return [each["Key"].rpartition("/")[2] for each in [*whole, *begun]]

        return names

    def test_one_that_is_away_is_no_defect(self, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        away = s3_store_from("s3://k:s@bucket/?endpoint_url=http://127.0.0.1:9&region=us-east-1")
        for act in (lambda: away.put(BytesIO(b"x")), lambda: away.open(NOBODY), lambda: [*away.keys(LATER)]):
            with pytest.raises(ServiceUnavailable, match="is away"):
                act()
        with pytest.raises(Degraded, match="cannot be read and written"):
            away.check()

    def test_a_bucket_that_is_not_there_is_no_missing_file(self, amazon: str) -> None:
        none = s3_store_from(f"s3://k:s@nowhere/?endpoint_url={amazon}&region=us-east-1")
        with pytest.raises(ServiceUnavailable, match="refuses"):
            none.open(NOBODY)

    def test_an_upload_that_breaks_leaves_nothing(
        self, store: Any, left: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def breaks(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": "InternalError"}}, "CompleteMultipartUpload")

        monkeypatch.setattr(store._client, "complete_multipart_upload", breaks)
        with pytest.raises(ServiceUnavailable):
            store.put(BytesIO(b"x" * (PART_BYTES + 1)))
        assert left() == []

    def test_is_looked_at_once_a_minute(self, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        store.check()
        monkeypatch.setattr(store, "_client", None)
        store.check()
        monkeypatch.setattr(s3, "CHECK_SECONDS", 0.0)
        with pytest.raises(AttributeError):
            store.check()


def test_the_settings_say_where_files_are(tmp_path: Path, url: str) -> None:
    assert isinstance(file_store_from(Settings(data_dir=tmp_path)), LocalFileStore)
    assert isinstance(file_store_from(Settings(files=FileSettings(url=url))), S3FileStore)


def test_an_address_that_boto_cannot_use_is_named_and_not_shown() -> None:
    settings = Settings(files=FileSettings(url="s3://k:secret@bucket/?endpoint_url=nonsense&region=r"))
    with pytest.raises(ValueError, match=r"files\.url cannot be used") as refused:
        file_store_from(settings)
    assert "secret" not in str(refused.value)
