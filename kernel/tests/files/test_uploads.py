"""Files that come with a request: streamed into the store, refused with reasons, and never left behind."""

from __future__ import annotations

import hashlib
import os
from io import BytesIO

import pytest
from flask import Request
from shelf_plugin.plugin import LARGEST, Paper
from sqlalchemy import select

from pronaflow_kernel import api
from pronaflow_kernel.errors import KernelError
from pronaflow_kernel.settings import FileSettings
from pronaflow_kernel.storage.local import LocalFileStore
from pronaflow_kernel.storage.names import file_name, media_type
from pronaflow_kernel.web.blueprint import Blueprint
from pronaflow_kernel.web.uploads import FORM_BYTES, PIECE, Uploads

FORM = {"Content-Type": "multipart/form-data; boundary=XX"}
DENIED = FileSettings().denied
LAST = api.unscoped("of whatever workspace", select(Paper.file_key).order_by(Paper.id.desc()).limit(1))


def form(*parts: tuple[str, bytes], end: bytes = b"--XX--\r\n") -> bytes:
    """A form; each part is what follows `form-data; ` and its content."""
    head = b"--XX\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
    return b"".join(head % (words.encode(), content) for words, content in parts) + end


class TestTaken:
    @pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, LARGEST])
    def test_what_comes_is_what_is_kept(self, ann, shelf, size):
        content = os.urandom(size)

        made = ann.upload(shelf, "plan.pdf", content, note="the plan")

        assert made.status == 201
        assert made.data["name"] == "plan.pdf"
        assert made.data["note"] == "the plan"
        assert (made.data["size"], made.data["sha256"]) == (size, hashlib.sha256(content).hexdigest())
        assert ann.get(f"/api/v1/shelf/{made.data['id']}").body == content

    def test_content_that_looks_like_a_boundary_stays_content(self, ann, shelf):
        content = b"\r\n--XX \r\n--X\r\n--XY--\r\n\n\r--" * 8_000
        body = form(('name="file"; filename="a.txt"', content.replace(b"--XX ", b"--Xx ")))

        made = ann.request("POST", shelf, data=body, headers=FORM)

        assert ann.get(f"/api/v1/shelf/{made.data['id']}").body == content.replace(b"--XX ", b"--Xx ")

    def test_fields_may_come_before_and_after(self, ann, shelf):
        body = form(('name="note"', b"n"), ('name="file"; filename="a"', b"x"), ('name="copies"', b"2"))
        assert ann.request("POST", shelf, data=body, headers=FORM).data["note"] == "n"

    def test_nothing_is_open_while_the_file_comes(self, world, ann, shelf, monkeypatch):
        pool = world.kernel.db.engines.read.pool
        before, seen = pool.checkedout(), []
        write = LocalFileStore.writer
        monkeypatch.setattr(
            LocalFileStore, "writer", lambda store: seen.append(pool.checkedout()) or write(store)
        )

        assert ann.upload(shelf, "a", b"x").status == 201
        assert seen == [before]


class TestRefused:
    @pytest.fixture(autouse=True)
    def nothing_is_left_behind(self, stored):
        before = stored()
        yield
        assert stored() == before

    def test_all_faults_are_named_the_missing_file_among_them(self, ann, shelf):
        body = form(('name="note"', b"much too long"), ('name="copies"', b"many"), ('name="odd"', b""))
        refused = ann.request("POST", shelf, data=body, headers=FORM)
        assert refused.faults == {"file", "note", "copies", "odd"}

    def test_a_form_with_a_fault_keeps_no_file(self, ann, shelf):
        assert ann.upload(shelf, "a", b"x", note="much too long").faults == {"note"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (form(('name="file"', b"text")), "file"),
            (form(('name="file"; filename=""', b"")), "file"),
            (form(('name="file"; filename="a"', b"1"), ('name="file"; filename="b"', b"2")), "file"),
            (form(('name="other"; filename="a"', b"1")), "other"),
            (form(('name="file"; filename="a"', b"1"), ('name="note"', b"1"), ('name="note"', b"2")), "note"),
            (form(('name="file"; filename="a"', b"1"), ('name="note"', b"\xff")), "note"),
            (form(('name="file"; filename="a"', b"1"), ('name="note"', b"a\x00")), "note"),
        ],
        ids=["no file name", "empty file name", "two files", "another part", "twice", "no UTF-8", "NUL"],
    )
    def test_a_part_that_is_wrong(self, ann, shelf, body, field):
        assert ann.request("POST", shelf, data=body, headers=FORM).faults == {field}

    @pytest.mark.parametrize(
        "name",
        ["a.exe", "A.EXE", "a.exe.", "a.txt.js", "a.\uff45\uff58\uff45", "a.exe::$DATA", "a.e\u202exe"],
    )
    def test_what_a_system_would_run(self, ann, shelf, name):
        refused = ann.upload(shelf, name, b"MZ")
        assert refused.faults == {"file"}
        assert refused.error["details"]["errors"][0]["code"] == "denied_type"
        assert "exe, fish" in refused.error["details"]["reason"]

    @pytest.mark.parametrize(
        ("body", "headers", "status"),
        [
            (b"{}", {"Content-Type": "application/json"}, 415),
            (b"\r\n", FORM, 400),
            (b"x" * 10, FORM, 400),
            (form(('name="file"; filename="a"', b"x"), end=b""), FORM, 400),
            (form(('filename="a"', b"x")), FORM, 400),
            (form(("", b"x")), FORM, 400),
            (b"--XX\r\nX: y\r\n\r\n\r\n--XX--", FORM, 400),
            (b"--XX\r\nContent-Disposition: \xff\r\n\r\n\r\n--XX--", FORM, 400),
            (form(*[(f'name="{n}"', b"") for n in range(60)]), FORM, 400),
            (form(('name="note"', b"x" * (FORM_BYTES + 1))), FORM, 413),
            (form(), {"Content-Type": "multipart/form-data"}, 400),
            (form(), {**FORM, "Content-Encoding": "gzip"}, 415),
        ],
        ids=range(12),
    )
    def test_what_is_no_form(self, ann, shelf, body, headers, status):
        assert ann.request("POST", shelf, data=body, headers=headers).status == status

    def test_a_file_that_is_too_large(self, ann, shelf):
        refused = ann.upload(shelf, "a", b"x" * (LARGEST + 1))
        assert refused.status == 413
        assert refused.error["details"] == {"limit": LARGEST}

    def test_one_whose_rows_are_not_committed(self, world, ann, shelf, monkeypatch):
        def object_to(uow: api.UnitOfWork) -> None:
            raise api.Conflict

        monkeypatch.setattr(world.kernel.contributions["shelf"].plugin, "while_putting", object_to)
        assert ann.upload(shelf, "a", b"x").status == 409

    def test_strangers_send_nothing_into_the_store(self, world, ann, bob, shelf, monkeypatch):
        monkeypatch.setattr(LocalFileStore, "writer", None)
        assert bob.upload(shelf, "a", b"x").status == 404
        assert world.anonymous().upload(shelf, "a", b"x").status == 401

    def test_without_room(self, world, ann, shelf, monkeypatch):
        monkeypatch.setattr(LocalFileStore, "_free", lambda _: 10)
        refused = ann.upload(shelf, "a", b"x")
        assert (refused.status, refused.error["message"]) == (503, "There is no room left for files")


def test_a_record_that_others_change_is_tried_again_with_the_same_file(
    world, ann, shelf, stored, monkeypatch
):
    tries = []

    def contest(uow: api.UnitOfWork) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise api.StaleRow

    monkeypatch.setattr(world.kernel.contributions["shelf"].plugin, "while_putting", contest)
    before = len(stored())
    made = ann.upload(shelf, "a", b"x")
    assert len(tries) == 2
    assert len(stored()) == before + 1
    assert ann.get(f"/api/v1/shelf/{made.data['id']}").body == b"x"


def test_a_failure_after_the_commit_leaves_the_file_where_its_row_says(world, ann, shelf, monkeypatch):
    def fail_later(uow: api.UnitOfWork) -> None:
        def fail() -> None:
            raise KernelError

        uow.after_commit(fail)

    monkeypatch.setattr(world.kernel.contributions["shelf"].plugin, "while_putting", fail_later)
    ann.upload(shelf, "a", b"still there")
    with world.kernel.db.read(api.Scope.system()) as reader:
        key = reader.value(LAST)
    with world.kernel.store.open(key) as content:
        assert content.read() == b"still there"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("C:\\Users\\ann\\plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        (" a\r\nb\x00.txt ", "ab.txt"),
        ("Báo cáo.xlsx", "Báo cáo.xlsx"),
        (".htaccess", ".htaccess"),
        ("exe", "exe"),
        ("a.exe.txt", "a.exe.txt"),
        ("x" * 255, "x" * 255),
    ],
)
def test_what_a_file_is_called(given, kept):
    assert file_name("file", given, DENIED) == kept


@pytest.mark.parametrize("given", ["", ".", "..", "a/", " . ", "\x00", "x" * 256])
def test_what_no_file_is_called(given):
    with pytest.raises(api.ValidationFailed):
        file_name("file", given, DENIED)


class Counting(BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def test_headers_without_an_end_are_not_read_to_theirs(tmp_path):
    body = Counting(b"--XX\r\n" + b"x" * 40 * PIECE)
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": body, "CONTENT_TYPE": FORM["Content-Type"]}
    request = Request({**environ, "wsgi.input_terminated": True})

    with (
        pytest.raises(api.InvalidRequest),
        Uploads(LocalFileStore(tmp_path), FileSettings()).receive(request, "file"),
    ):
        pytest.fail("it was taken")

    assert body.taken < 25 * PIECE


@pytest.mark.parametrize("told", [True, False])
def test_of_what_is_too_large_no_more_is_read_than_lets_its_sender_hear_it(tmp_path, told):
    body = Counting(form(('name="file"; filename="a"', b"x" * 20_000_000)))
    size = {"CONTENT_LENGTH": "20000100"} if told else {"wsgi.input_terminated": True}
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": body, "CONTENT_TYPE": FORM["Content-Type"], **size}
    uploads = Uploads(LocalFileStore(tmp_path), FileSettings(max_bytes=1000))

    with pytest.raises(api.PayloadTooLarge), uploads.receive(Request(environ), "file"):
        pytest.fail("it was taken")

    assert body.taken < 5_000_000
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "declared",
    [
        {"method": "PUT", "target": api.in_path("workspace")},
        {"method": "POST", "target": api.WORKSPACE},
        {"method": "POST", "target": api.in_path("workspace"), "writes": False},
        {"method": "POST", "target": api.in_path("workspace"), "idempotency": "replay"},
    ],
    ids=["PUT", "workspace in the body", "only reads", "with a key"],
)
def test_routes_that_cannot_take_files_are_refused(declared):
    with pytest.raises(ValueError, match="takes no"):
        Blueprint("x", url_prefix="/x", tag="X").endpoint(
            rule="/<id:workspace_id>", permission="x.write", upload="file", **declared
        )


def test_the_document_says_what_is_sent_and_answered(world, ann):
    paths = ann.get("/openapi.json").json["paths"]
    sent = paths["/api/v1/shelf/in/{workspace_id}"]["post"]
    kind = sent["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"].rpartition("/")[2]
    schema = ann.get("/openapi.json").json["components"]["schemas"][kind]
    assert schema["properties"]["file"]["format"] == "binary"
    assert schema["required"] == ["file"]
    assert set(schema["properties"]) == {"file", "note", "copies"}
    assert {"413", "415", "422"} <= sent["responses"].keys()
    assert not any("Idempotency" in str(parameter) for parameter in sent.get("parameters", ()))
    assert {"200", "206", "304", "416"} <= paths["/api/v1/shelf/{paper_id}"]["get"]["responses"].keys()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PDF", "application/pdf"),
        ("a.html", None),
        ("a.svg", None),
        ("pdf", "application/pdf"),
        ("a", None),
    ],
)
def test_what_a_browser_would_run_is_bytes_and_no_more(name, kind):
    assert media_type(name) == (kind or "application/octet-stream")
