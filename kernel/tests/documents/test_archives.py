"""Archives that strangers made: what does not stay within its bounds is refused (security.md 2.15)."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from pronaflow_kernel.api import ArchiveLimits, ValidationFailed, read_archive


def packed(*members: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def refused(stream: io.BytesIO, limits: ArchiveLimits | None = None) -> str:
    with pytest.raises(ValidationFailed) as caught:
        list(read_archive(stream, limits))
    return caught.value.problems[0].message


def test_files_come_with_their_names_and_folders_are_left_out():
    stream = packed(("a.txt", b"one"), ("folder/", b""), ("folder/b.txt", b"two"))

    assert list(read_archive(stream)) == [("a.txt", b"one"), ("folder/b.txt", b"two")]


@pytest.mark.parametrize(
    "name", ["../up.txt", "a/../../up.txt", "/etc/passwd", "C:/x.txt", "..\\up.txt", "a/..\\..\\x"], ids=ascii
)
def test_a_member_outside_its_folder(name):
    assert "outside" in refused(packed((zipfile.ZipInfo(name), b"x"), ("good.txt", b"x")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR], ids=["link", "pipe", "device"])
def test_a_member_that_is_no_file(kind):
    member = zipfile.ZipInfo("link")
    member.external_attr = (kind | 0o777) << 16

    assert "neither file nor folder" in refused(packed((member, b"/etc/passwd")))


def test_too_many_members():
    stream = packed(*((f"{n}.txt", b"") for n in range(1001)))

    assert "1000 members" in refused(stream)


def test_a_member_that_is_packed_too_tightly():
    assert "unpacks to too much" in refused(packed(("bomb.txt", b"\0" * 20_000_000)))


def test_a_small_member_may_be_packed_tightly():
    assert [len(content) for _, content in read_archive(packed(("blank.txt", b" " * 900_000)))] == [900_000]


def test_the_sum_of_all_members():
    stream = packed(("a", bytes(range(256)) * 40), ("b", bytes(range(256)) * 40))

    assert len(list(read_archive(stream, ArchiveLimits(total_bytes=20_480)))) == 2
    stream.seek(0)
    assert "unpacks to too much" in refused(stream, ArchiveLimits(total_bytes=20_479))


def test_an_archive_that_lies_about_its_sizes():
    data = bytearray(packed(("bomb.txt", b"\0" * 20_000_000)).getvalue())
    place = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, place + 24, 10)  # uncompressed size

    assert refused(io.BytesIO(bytes(data)))


def test_a_password():
    data = bytearray(packed(("locked.txt", b"x")).getvalue())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    data[data.index(b"PK\x03\x04") + 6] |= 1

    assert "password" in refused(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("data", [b"", b"PK", b"not an archive", b"PK\x05\x06" + b"\0" * 10], ids=ascii)
def test_no_archive_at_all(data):
    assert "no ZIP archive" in refused(io.BytesIO(data))


def test_a_damaged_member():
    data = bytearray(packed(("a.txt", bytes(range(256)) * 10)).getvalue())
    data[50] ^= 0xFF

    assert "no ZIP archive" in refused(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_a_packing_that_cannot_be_unpacked_little_by_little(method):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("bomb.txt", b"\0" * 2_000_000)

    assert "neither stored nor deflated" in refused(stream)


@pytest.mark.parametrize("offset", [12, 16], ids=["length of the directory", "place of the directory"])
def test_an_archive_whose_parts_lie_before_its_beginning(offset):
    data = bytearray(packed(("a.txt", b"x")).getvalue())
    data[data.rindex(b"PK\x05\x06") + offset + 3] = 0x7F

    assert "no ZIP archive" in refused(io.BytesIO(bytes(data)))


def test_a_member_that_lies_before_the_beginning():
    data = bytearray(packed(("a.txt", b"x")).getvalue())
    place = data.rindex(b"PK\x05\x06") + 16
    struct.pack_into("<L", data, place, struct.unpack_from("<L", data, place)[0] + 40)  # of the directory

    assert "no ZIP archive" in refused(io.BytesIO(bytes(data)))
