"""Every endpoint of the first seed is replayed as printed or, as long as it is not built, really absent."""

from __future__ import annotations

import pytest

from .contract import endpoints
from .outline import FOLDER, SEEDS, outline
from .sections import allowed, is_built, pending, routes_of, routes_of_app, scenario
from .standin_scenario import CASES
from .walker import walk

PENDING = pending()
SECTIONS = dict.fromkeys(item.section for seed in SEEDS for item in outline(seed) if item.endpoint)


@pytest.fixture
def app_routes(app):
    return routes_of_app(app)


@pytest.mark.parametrize("section", SECTIONS)
def test_section_is_built_whole_or_not_at_all(section, app_routes):
    there = {route: is_built(route, app_routes) for route in routes_of(section)}
    if section in PENDING:
        assert not any(there.values()), f"take {section} off pending.toml: {there}"
    else:
        assert all(there.values()), f"{section} is not built whole: {there}"


@pytest.mark.parametrize("endpoint", endpoints(), ids=lambda endpoint: endpoint.name)
def test_endpoint_answers_as_printed(endpoint, world, app_routes):
    if endpoint.section in PENDING:
        assert not is_built(endpoint.name, app_routes), f"take {endpoint.section} off pending.toml"
    else:
        case = scenario(endpoint.section)[endpoint.name](world)
        assert walk(endpoint, case, allowed().get(endpoint.name)) == []


@pytest.mark.parametrize(("section", "sign"), [pair for pair in PENDING.items() if pair[1]])
def test_pending_section_shows_no_sign(section, sign, world, app_routes):
    kind, what = sign.split(" ", 1)
    signs = {
        "route": lambda: is_built(what, app_routes),
        "header": lambda: what in world.anonymous().get("/api/v1/auth/me").headers,
        "file": lambda: (FOLDER.parents[1] / what).exists(),
    }
    assert not signs[kind](), f"{what} is there: take {section} off pending.toml"


def test_a_route_that_is_built_is_noticed(standin):
    routes = routes_of_app(standin.app)
    assert all(is_built(endpoint, routes) for endpoint in CASES)
    assert not is_built("GET /api/v1/integration/webhooks/{webhook_id}/deliveries", routes)
