"""Telling what an uploaded image is before anything decodes it (security.md 2.15)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import BinaryIO

from ..errors import invalid

MAX_PIXELS = 40_000_000
"""Width times height; decoded, such an image takes 160 MB."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True)
class ImageKind:
    """What an image is.

    Arguments:
        media_type: by its content, whatever its name says.
        width, height: pixels.
    """

    media_type: str
    width: int
    height: int


def check_image(stream: BinaryIO, *, field: str = "file") -> ImageKind:
    """What an image is, read from its head; the stream stands at its beginning afterwards.

    Raises:
        ValidationFailed: it is no PNG, JPEG, GIF or WebP (SVG is a program, not an image), or too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(stream, formats=_FORMATS)
            found = ImageKind(Image.MIME[str(image.format)], *image.size)
    except Image.DecompressionBombError:
        raise _too_large(field) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise invalid(field, "This is no PNG, JPEG, GIF or WebP image.") from error
    finally:
        stream.seek(0)
    if found.width * found.height > MAX_PIXELS:
        raise _too_large(field)
    return found


def _too_large(field: str) -> Exception:
    return invalid(field, f"The image has more than {MAX_PIXELS // 1_000_000} million pixels.", "too_large")
