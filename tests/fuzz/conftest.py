"""The server with all installed plugins, the records that requests name, and what it documents."""

from __future__ import annotations

import pytest
import schemathesis

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.plugins.discovery import discover
from pronaflow_kernel.testing.walk import Makers, Party, brought, operations


def closing(app):
    """An application whose answers are read to their end and closed, as the fuzzer does not."""

    def answer(environ, start_response):
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer


@pytest.fixture(scope="session")
def listed(world):
    """Every operation, by its id."""
    return {each.id: each for each in operations(world.anonymous().get("/openapi.json").json)}


@pytest.fixture(scope="session")
def new_party(world, listed):
    """Makes somebody who may do everything with what the requests name, and with the installation."""
    names = ("MAKERS", "REQUESTS", "REFUSED")
    makers = Makers(listed, *(brought(name, discover()) for name in names))

    def new():
        # A name that the fuzzer cannot think of before.
        return Party(world, makers, "fuzz", person=world.administrator(f"fuzz{new_id()[-12:]}"))

    return new


@pytest.fixture(scope="session")
def api(world):
    """The operations as the fuzzer reads them from the document."""
    # The credential is ours; without one, and with a wrong one, `ignored_auth` tries by itself.
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_wsgi("/openapi.json", closing(world.app), config=config)
