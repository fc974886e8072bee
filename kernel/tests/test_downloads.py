"""Files as answers (security.md 2.15, RFC 6266): saved, never shown."""

from __future__ import annotations

import pytest
from werkzeug.http import parse_options_header

from pronaflow_kernel.api import Download
from pronaflow_kernel.web.answers import render

PAGE = "text/html; charset=utf-8"


@pytest.mark.parametrize("media_type", [PAGE, "image/svg+xml", "application/pdf", "text/csv; charset=utf-8"])
def test_a_file_never_runs_under_the_address_of_the_server(media_type):
    response = render(Download("page.html", media_type, b"<script>alert(1)</script>"), 200, None)

    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == media_type


@pytest.mark.parametrize(
    ("name", "saved", "plain"),
    [
        ("plan.csv", "plan.csv", "plan.csv"),
        ("Báo cáo quý 3.xlsx", "Báo cáo quý 3.xlsx", "Bao cao quy 3.xlsx"),
        ("報告.pdf", "報告.pdf", "pdf"),
        ('a"; filename="b.exe', 'a"; filename="b.exe', "a__ filename=_b.exe"),
        ("x\r\nSet-Cookie: a=b", "xSet-Cookie: a=b", "xSet-Cookie_ a=b"),
        ("../../etc/passwd", "etcpasswd", "etcpasswd"),
        ("..\\up.txt", "up.txt", "up.txt"),
        ("\u202egnp.exe", "gnp.exe", "gnp.exe"),
        ("", "download", "download"),
        (" . ", "download", "download"),
        ("x" * 500, "x" * 150, "x" * 150),
    ],
    ids=ascii,
)
def test_whatever_users_call_a_file_its_name_is_only_a_name(name, saved, plain):
    header = render(Download(name, PAGE, b""), 200, None).headers["Content-Disposition"]

    assert parse_options_header(header) == ("attachment", {"filename": saved})
    assert f'filename="{plain}"' in header
    assert header.isascii()


def test_pieces_are_sent_as_they_come():
    response = render(Download("a.txt", "text/plain", (piece for piece in (b"a", b"b")), size=2), 200, None)

    assert response.get_data() == b"ab"
    assert response.headers["Content-Length"] == "2"
