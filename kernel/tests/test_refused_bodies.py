"""Of a body that is refused for its size."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Request

from pronaflow_kernel.errors import PayloadTooLarge
from pronaflow_kernel.web.body import read_json


@pytest.mark.parametrize(("length", "read"), [(30, 30), (100, 40)])
@pytest.mark.parametrize("told", [True, False])
def test_of_one_that_is_larger_some_is_read_so_that_its_sender_reads_the_answer(
    length: int, read: int, told: bool
) -> None:
    body = BytesIO(b"x" * length)
    size = {"CONTENT_LENGTH": str(length)} if told else {"wsgi.input_terminated": True}
    with pytest.raises(PayloadTooLarge):
        read_json(Request({"REQUEST_METHOD": "POST", "wsgi.input": body, **size}), limit=10)
    assert body.tell() == (read if told else min(length, read + 11))
