"""People who call the API in tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import orjson
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.datastructures import Headers


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    Arguments:
        status: code; headers: as sent; json: the parsed body, None without one; body: its bytes.
    """

    status: int
    headers: Headers
    json: Any
    body: bytes

    @property
    def data(self) -> Any:
        """The envelope's `data`; fails the test with the whole answer where the request was refused."""
        assert self.status < 400, f"{self.status}: {self.json}"
        return self.json["data"]

    @property
    def error(self) -> Any:
        """The envelope's `error`; fails the test where the request succeeded."""
        assert self.status >= 400, f"{self.status}: {self.json}"
        return self.json["error"]

    @property
    def faults(self) -> set[str]:
        """Names of the fields at fault in a 422."""
        assert self.status == 422, f"{self.status}: {self.json}"
        return {fault["field"] for fault in self.error["details"]["errors"]}


@dataclass(slots=True)
class Person:
    """A caller: signed in, or anonymous without a token.

    Arguments:
        client: Flask's test client.
        token: access token; id, username, email: of the user; workspace_id: their own workspace.
    """

    client: FlaskClient
    token: str | None = None
    id: str = ""
    username: str = ""
    email: str = ""
    workspace_id: str = ""

    def request(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Reply:
        """Send a request; `json` is the body, `data` a raw one."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        body: dict[str, Any] = {}
        if data is not None:
            body = {"data": data, "content_type": sent.pop("Content-Type", "application/json")}
        elif json is not None:
            body = {"data": orjson.dumps(json), "content_type": "application/json"}
        with self.client.open(path, method=method, query_string=query, headers=sent, **body) as answer:
            raw = answer.get_data()
            parsed = orjson.loads(raw) if answer.is_json and raw else None
            return Reply(answer.status_code, answer.headers, parsed, raw)

    def get(self, path: str, **query: Any) -> Reply:
        """GET with query parameters."""
        return self.request("GET", path, query=query)

    def post(self, path: str, json: Any = None, **query: Any) -> Reply:
        """POST a JSON body."""
        return self.request("POST", path, {} if json is None else json, query=query)

    def patch(self, path: str, json: Any) -> Reply:
        """PATCH with a JSON body."""
        return self.request("PATCH", path, json)

    def put(self, path: str, json: Any) -> Reply:
        """PUT a JSON body."""
        return self.request("PUT", path, json)

    def upload(self, path: str, name: str, content: bytes, part: str = "file", **form: str) -> Reply:
        """POST a form with a file.

        Arguments:
            name: what the file is called; part: name of its part; form: the other parts.
        """
        data, headers = form_with_file(name, content, part, form)
        return self.request("POST", path, data=data, headers=headers)

    def delete(self, path: str, **query: Any) -> Reply:
        """DELETE."""
        return self.request("DELETE", path, query=query)


def form_with_file(
    name: str, content: bytes, part: str, form: Mapping[str, str]
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a form with a file; arguments are those of `Person.upload`."""
    file = FileStorage(BytesIO(content), filename=name)
    stream, _, boundary = stream_encode_multipart({**form, part: file})
    return stream.read(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}
