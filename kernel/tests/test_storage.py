"""File storage: what comes out is what went in, names cannot lead outside, and nothing is ever half there."""

from __future__ import annotations

import hashlib
import os
import stat
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pronaflow_kernel.errors import ServiceUnavailable
from pronaflow_kernel.settings import Settings
from pronaflow_kernel.storage.atomic import atomic_file
from pronaflow_kernel.storage.local import LocalFileStore
from pronaflow_kernel.storage.place import file_store_from


@pytest.fixture
def store(tmp_path: Path) -> LocalFileStore:
    return LocalFileStore(tmp_path / "files")


def found(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class TestContent:
    @pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1])
    def test_comes_back_as_it_went_in(self, store: LocalFileStore, size: int) -> None:
        content = os.urandom(size)
        stored = store.put(BytesIO(content))
        assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
        with store.open(stored.key) as stream:
            assert stream.read() == content

    def test_the_same_content_twice_is_two_files(self, store: LocalFileStore) -> None:
        first, second = store.put(BytesIO(b"x")), store.put(BytesIO(b"x"))
        store.delete(first.key)
        with store.open(second.key) as stream:
            assert stream.read() == b"x"

    def test_is_stored_from_where_the_stream_stands(self, store: LocalFileStore) -> None:
        stream = BytesIO(b"header:body")
        stream.seek(7)
        assert store.put(stream).size == 4

    def test_is_gone_after_deleting_also_twice(self, store: LocalFileStore) -> None:
        key = store.put(BytesIO(b"x")).key
        store.delete(key)
        store.delete(key)
        with pytest.raises(FileNotFoundError):
            store.open(key)

    def test_is_readable_by_the_server_only(self, store: LocalFileStore, tmp_path: Path) -> None:
        store.put(BytesIO(b"x"))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "files").rglob("*")}
        assert modes == {0o700, 0o600}


class TestKeys:
    def test_are_random_and_all_different(self, store: LocalFileStore) -> None:
        keys = {store.put(BytesIO(b"x")).key for _ in range(20)}
        assert len(keys) == 20
        assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "..",
            "../secret",
            "/etc/passwd",
            "a" * 31,
            "A" * 32,
            "a" * 32 + "\n",
            "a" * 32 + "/../../secret",
            "\x00" * 32,
            "../" * 10 + "aa",
            "٣" * 32,
        ],
    )
    def test_nothing_else_is_a_key(self, store: LocalFileStore, tmp_path: Path, key: str) -> None:
        (tmp_path / "secret").write_text("canary")
        for act in (store.open, store.delete):
            with pytest.raises(FileNotFoundError, match="not a key"):
                act(key)
        assert (tmp_path / "secret").exists()

    @hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(key=st.text(max_size=40))
    def test_no_text_leads_outside_the_store(self, store: LocalFileStore, key: str) -> None:
        with pytest.raises(FileNotFoundError):
            store.open(key)


class Failing(BytesIO):
    """A stream that breaks after its first chunk, as an upload whose client goes away."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionResetError
        return super().read(1)


class TestInterruption:
    def test_a_broken_upload_leaves_nothing(self, store: LocalFileStore, tmp_path: Path) -> None:
        with pytest.raises(ConnectionResetError):
            store.put(Failing(b"xyz"))
        assert found(tmp_path) == []

    def test_a_full_disk_leaves_nothing(
        self, store: LocalFileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(handle: int) -> None:
            raise OSError(28, "No space left on device")

        store.put(BytesIO(b"before"))
        before = found(tmp_path)
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(ServiceUnavailable, match="no room left"):
            store.put(BytesIO(b"x"))
        assert found(tmp_path) == before

    def test_the_name_appears_only_when_the_content_is_on_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target, steps = tmp_path / "target", []
        sync = os.fsync

        def recording(handle: int) -> None:
            kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
            steps.append((kind, target.exists()))
            sync(handle)

        monkeypatch.setattr("os.fsync", recording)
        with atomic_file(target) as stream:
            stream.write(b"x")
            assert not target.exists()
        assert steps == [("file", False), ("folder", True)]


class TestAtomicFile:
    def test_replaces_by_default(self, tmp_path: Path) -> None:
        for content in (b"old", b"new"):
            with atomic_file(tmp_path / "x") as stream:
                stream.write(content)
        assert (tmp_path / "x").read_bytes() == b"new"

    def test_exclusively_it_never_does(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"old")
        with pytest.raises(FileExistsError), atomic_file(tmp_path / "x", exclusive=True) as stream:
            stream.write(b"new")
        assert (tmp_path / "x").read_bytes() == b"old"
        assert found(tmp_path) == ["x"]


def test_files_lie_in_the_data_folder(tmp_path: Path) -> None:
    key = file_store_from(Settings(data_dir=tmp_path)).put(BytesIO(b"x")).key
    assert (tmp_path / "files" / key[:2] / key).read_bytes() == b"x"
