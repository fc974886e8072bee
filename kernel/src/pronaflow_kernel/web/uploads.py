"""Files that come with a request, as `multipart/form-data` (RFC 7578), straight into the store.

One file, and beside it the fields of a form, which are checked like those of a body. Of the content no more
than a few pieces are in memory at a time, and no database transaction is open while it comes: the caller has
been authorized before, and the rows are written afterwards. A file whose request is refused is deleted at
once. After any other failure nobody knows whether the rows were committed, so that the file is left to the
daily job, which looks (`storage.work`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ..errors import (
    InvalidRequest,
    KernelError,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
    ValidationFailed,
    invalid,
)
from ..logs import mask
from ..storage.names import file_name
from ..storage.store import FileStore, StoredFile
from .body import check_json, throw_away

if TYPE_CHECKING:
    from ..settings.files import FileSettings

log = logging.getLogger("pronaflow.files")

PIECE = 256 * 1024
"""Bytes that are read at once."""

FORM_BYTES = 256 * 1024
"""Most bytes of a request beside its file: the fields, and what separates them."""

MAX_PARTS = 50
"""Parts of a form."""

LINGER_BYTES = 1024 * 1024
"""See `body.LINGER`."""

# RFC 2046 (5.1.1) has at most 70 characters; not every client counts.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,199}[0-9A-Za-z'()+_,./:=?-]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request; the handler gets it as `upload`.

    Arguments:
        filename: its last part, without characters that cannot be seen; 1 to 255 characters.
        stored: where it is; kept already, in the handler's unit of work.
    """

    filename: str
    stored: StoredFile


class Uploads:
    """Takes files from requests.

    Arguments:
        store: where they go.
        settings: what is taken.
    """

    def __init__(self, store: FileStore, settings: FileSettings) -> None:
        self._store, self._settings = store, settings

    @contextmanager
    def receive(self, request: Request, part: str) -> Iterator[Form]:
        """The form of a request, with its file in the store.

        What is raised in the block as a refusal deletes the file, unless it is kept already.

        Arguments:
            part: name of the part that is the file.

        Raises:
            UnsupportedMediaType, InvalidRequest: it is no form.
            PayloadTooLarge: it is larger than the settings allow.
            ValidationFailed: the file has a name that is refused, or the form more than one file.
            ServiceUnavailable: the store is away or full.
        """
        form = Form(part, self._settings, self._store)
        try:
            self._read(form, request)
        except BaseException:
            form.discard()
            raise
        try:
            yield form
        except KernelError:
            form.discard()
            raise

    def _read(self, form: Form, request: Request) -> None:
        length, limit = request.content_length or 0, self._settings.max_bytes
        try:
            if length > limit + FORM_BYTES:
                raise _too_large(limit)
            boundary = _boundary(request)
            self._store.demand_room(length)
            form.read(request, boundary)
        except KernelError:
            throw_away(request, LINGER_BYTES)
            raise


class Form:
    """What came with a request.

    Arguments:
        part: name of the part that is the file.
        settings: what is taken.
        store: where the file goes.
    """

    def __init__(self, part: str, settings: FileSettings, store: FileStore) -> None:
        self._part, self._settings, self._store = part, settings, store
        self.upload: Upload | None = None
        """The file, once it is in the store; None where there is none."""
        self.fields: dict[str, Any] = {}
        """The other parts by name, as text."""
        self._raw: dict[str, bytearray] = {}
        self._left = FORM_BYTES
        self._kept = False

    def keep(self) -> None:
        """The rows that name the file are committed."""
        self._kept = True

    def discard(self) -> None:
        """Delete the file, unless it is kept."""
        if self.upload is None or self._kept:
            return
        try:
            self._store.delete(self.upload.stored.key)
        except (KernelError, OSError) as error:
            log.warning("the file of a refused request stays for a day: %s", error)

    def read(self, request: Request, boundary: bytes) -> None:
        """Read it whole; errors are those of `Uploads.receive`."""
        events = _events(request, boundary)
        for event in events:
            if isinstance(event, File) and event.name == self._part:
                self._take_file(event.filename, events)
            elif isinstance(event, (Field, File)):
                self._take_field(self._begin_field(event), events)
        self.fields = {name: _text(name, raw) for name, raw in self._raw.items()}
        check_json(self.fields)

    def _take_file(self, given: str, events: Iterator[Any]) -> None:
        if self.upload is not None:
            raise invalid(self._part, "One file at a time.", "too_many")
        name = file_name(self._part, given, self._settings.denied)
        with self._store.writer() as writer:
            for data in _content(events):
                if writer.size + len(data) > self._settings.max_bytes:
                    raise _too_large(self._settings.max_bytes)
                writer.write(data)
            self.upload = Upload(name, writer.finish())

    def _begin_field(self, event: Field | File) -> bytearray:
        name: str | None = event.name
        if name is None:
            raise InvalidRequest("A part of the form has no name")
        if name == self._part:
            raise invalid(name, "Send it as a file, with a file name.")
        if isinstance(event, File):
            raise invalid(mask(name), f"The file goes into the part {self._part!r}.", "unknown")
        if name in self._raw:
            raise invalid(mask(name), "Given more than once.", "too_many")
        self._raw[name] = bytearray()
        return self._raw[name]

    def _take_field(self, raw: bytearray, events: Iterator[Any]) -> None:
        for data in _content(events):
            self._left -= len(data)
            if self._left < 0:
                raise PayloadTooLarge(
                    f"The fields of the form may have {FORM_BYTES} bytes", details={"limit": FORM_BYTES}
                )
            raw += data


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"A file may have {limit} bytes", details={"limit": limit})


def _boundary(request: Request) -> bytes:
    """What separates the parts.

    Raises:
        UnsupportedMediaType: the body is no form; InvalidRequest: it does not say what separates them.
    """
    if request.content_encoding:
        raise UnsupportedMediaType("Compressed request bodies are not read")
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the file as multipart/form-data")
    boundary = request.mimetype_params.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise InvalidRequest("Content-Type names no boundary (RFC 2046, 5.1.1)")
    return boundary.encode("ascii")


def _events(request: Request, boundary: bytes) -> Iterator[Any]:
    """The parts of a form as they come.

    Raises:
        InvalidRequest: it is malformed, or ends too early.
    """
    decoder = MultipartDecoder(boundary, max_form_memory_size=3 * PIECE, max_parts=MAX_PARTS)
    try:
        while True:
            decoder.receive_data(request.stream.read(PIECE) or None)
            while not isinstance(event := decoder.next_event(), NeedData):
                yield event
                if isinstance(event, Epilogue):
                    return
    except RequestEntityTooLarge:
        raise InvalidRequest(f"The form has more than {MAX_PARTS} parts, or one with long headers") from None
    except ValueError:
        raise InvalidRequest("The body is no form that can be read, or it ends too early") from None


def _content(events: Iterator[Any]) -> Iterator[bytes]:
    """The content of the part that has just begun."""
    for event in events:
        if isinstance(event, Data):
            yield event.data
            if not event.more_data:
                return


def _text(name: str, raw: bytearray) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValidationFailed([Problem(mask(name), "Not valid UTF-8.")]) from None
