"""Animals whose routes do not fit into the server."""

from __future__ import annotations

from .animal import Animal, implements, source

_BARE = """
from flask import Blueprint

blp = Blueprint("open_door", __name__, url_prefix="/api/v1/open-door")


@blp.get("")
def door():
    return "open"
"""


def _routes(
    owner: str,
    prefix: str,
    rule: str = "",
    declared: str = "permission=api.PUBLIC",
    then: str = "return [blp]",
) -> str:
    """Source of a hook that brings a blueprint with one route, made anew whenever it is asked for."""
    return implements(
        "provide_blueprints",
        f'''
        blp = api.Blueprint("{owner}", url_prefix="{prefix}", tag="Zoo")

        @blp.endpoint("GET", "{rule}", {declared})
        def visit(reader, **path):
            """Visit."""
            return {{"visited": True}}

        {then}
        ''',
    )


def _rival(id: str, wrong: str, prefix: str, rule: str, words: tuple[str, ...]) -> Animal:
    """One with a route of this address, which the server has already."""
    return Animal(
        id,
        wrong,
        words=words,
        traced=True,
        declares='requires = { neighbour = ">=0" }',
        plugin=source(_routes(id, prefix, rule)),
    )


ANIMALS = (
    Animal(
        "open_door",
        "Its route is made with Flask's own blueprint and declares no permission.",
        words=("'open_door'", "without a declared permission", "pronaflow_kernel.api.Blueprint"),
        traced=True,
        plugin=source(implements("provide_blueprints", "return [blp]"), head=_BARE),
    ),
    Animal(
        "side_door",
        "Its blueprint declares one route properly and adds another one behind it.",
        words=("'side_door'", "without a declared permission"),
        traced=True,
        plugin=source(
            _routes(
                "side_door",
                "/api/v1/side-door",
                then="blp.add_url_rule('/back', 'back', lambda: 'open'); return [blp]",
            )
        ),
    ),
    Animal(
        "unknown_permission",
        "Its route demands a permission that nobody provides.",
        words=("'unknown_permission.enter'", "nobody provides"),
        traced=True,
        plugin=source(
            _routes("unknown_permission", "/api/v1/unknown", declared="permission='unknown_permission.enter'")
        ),
    ),
    Animal(
        "unknown_target",
        "Its route is aimed at a resource type that nobody provides.",
        words=("'unicorn'", "no resource type"),
        traced=True,
        declares='permissions = ["read:unicorns"]',
        plugin=source(
            implements(
                "provide_permissions", "return [api.Permission('unicorn.read', 'R', 'read:unicorns')]"
            ),
            _routes(
                "unknown_target",
                "/api/v1/unicorns",
                "/<id:unicorn_id>",
                "permission='unicorn.read', target=api.in_path('unicorn')",
            ),
        ),
    ),
    Animal(
        "odd_rule",
        "Its route has an address that cannot be read.",
        words=("routes", "no_such_converter"),
        traced=True,
        plugin=source(_routes("odd_rule", "/api/v1/odd", "/<no_such_converter:x>")),
    ),
    _rival(
        "rival_route",
        "Its route has the address of one of the neighbour's.",
        "/api/v1/neighbour",
        "/pebbles",
        ("GET /api/v1/neighbour/pebbles", "neighbour"),
    ),
    _rival(
        "rival_record_route",
        "Its route has the address of one of the neighbour's but for what it calls the id.",
        "/api/v1/neighbour",
        "/pebbles/<id:stone_id>",
        ("GET /api/v1/neighbour/pebbles/", "neighbour"),
    ),
    _rival(
        "rival_text_route",
        "Its route takes any text where one of the neighbour's takes an id.",
        "/api/v1/neighbour",
        "/pebbles/<stone>",
        ("GET /api/v1/neighbour/pebbles/", "neighbour"),
    ),
    _rival(
        "rival_kernel_route",
        "Its route has the address of one of the kernel's.",
        "/api/v1/auth",
        "/me",
        ("GET /api/v1/auth/me", "kernel"),
    ),
    _rival(
        "rival_health",
        "Its route has the address of the server's health.",
        "/health",
        "",
        ("GET /health", "kernel"),
    ),
    Animal(
        "rival_blueprint",
        "Its blueprint passes itself off as the neighbour's.",
        words=("blueprint", "'neighbour'"),
        traced=True,
        declares='requires = { neighbour = ">=0" }',
        plugin=source(_routes("neighbour", "/api/v1/rival-blueprint")),
    ),
)
