"""Bodies that no route of sign-in and passwords reads; the walk over bad input looks at all routes."""

import pytest

from pronaflow_kernel.web.openapi import METHODS

PATHS = [
    "register",
    "verify-email",
    "resend-verification",
    "setup",
    "login",
    "refresh",
    "password-change",
    "password-reset",
    "password-reset/confirm",
]


@pytest.fixture(scope="session")
def caller(house):
    return house.signed_in(house.resident())[0]


@pytest.fixture(params=PATHS)
def path(request):
    return f"/api/v1/auth/{request.param}"


def test_these_are_routes_with_a_body(caller):
    paths = caller.get("/openapi.json").json["paths"]
    posts = {
        path.removeprefix("/api/v1/auth/")
        for path, item in paths.items()
        for method in METHODS
        if path.startswith("/api/v1/auth/") and "requestBody" in item.get(method, {}) and method == "post"
    }

    assert posts >= set(PATHS)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"a": ', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_what_is_no_object_in_json_is_refused(caller, path, raw, status):
    assert caller.request("POST", path, data=raw).status == status


def test_another_content_type_is_refused(caller, path):
    reply = caller.request("POST", path, data=b"email=nina", headers={"Content-Type": "text/plain"})

    assert (reply.status, reply.error["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("text", [b"\\u0000", b"\\ud800"], ids=["NUL", "lone surrogate"])
def test_what_no_database_stores_is_refused_in_every_field(caller, path, text):
    fields = caller.post(path, {}).faults

    raw = b"{" + b",".join(b'"%s":"%s"' % (field.encode(), text) for field in fields) + b"}"
    reply = caller.request("POST", path, data=raw)

    assert reply.faults == fields
