"""Uploaded images: known by their content, never decoded before their size is known (security.md 2.15)."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from pronaflow_kernel.api import ImageKind, ValidationFailed, check_image


def image(form: str, size: tuple[int, int] = (3, 2)) -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", size).save(stream, form)
    stream.seek(0)
    return stream


def png_of(width: int, height: int) -> io.BytesIO:
    """A PNG of a hundred bytes that claims a size."""
    head = b"IHDR" + struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (
        struct.pack(">L", len(c) - 4) + c + struct.pack(">L", zlib.crc32(c)) for c in (head, data, b"IEND")
    )
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
def test_an_image_is_known_by_its_content(form, media_type):
    stream = image(form)

    assert check_image(stream) == ImageKind(media_type, 3, 2)
    assert stream.tell() == 0


@pytest.mark.parametrize("size", [(40_000_000, 1), (6324, 6324)], ids=str)
def test_the_largest_image(size):
    assert check_image(png_of(*size)).width == size[0]


@pytest.mark.parametrize(
    "size", [(40_000_001, 1), (6325, 6325), (20_000, 20_000), (2**31 - 1, 2**31 - 1)], ids=str
)
def test_an_image_that_would_fill_the_memory(size):
    with pytest.raises(ValidationFailed, match="Validation failed") as caught:
        check_image(png_of(*size))

    assert caught.value.problems[0].code == "too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7",
        b"GIF89a",
    ],
    ids=ascii,
)
def test_what_is_no_image(data):
    with pytest.raises(ValidationFailed) as caught:
        check_image(io.BytesIO(data), field="avatar")

    assert caught.value.problems[0].field == "avatar"
