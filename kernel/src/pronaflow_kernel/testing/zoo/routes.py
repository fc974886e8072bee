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


def _routes(id: str, rule: str, declared: str, arguments: str = "", method: str = "GET") -> str:
    """Source of a plugin with one route, made anew for each attempt to build the server."""
    return source(
        implements(
            "provide_blueprints",
            f'''
            blp = api.Blueprint("{id}", url_prefix="/api/v1/{id.replace("_", "-")}", tag="Zoo")

            @blp.endpoint("{method}", "{rule}", {declared})
            def visit(reader{arguments}):
                """Visit."""
                return {{"visited": True}}

            return [blp]
            ''',
        )
    )


def _rival(id: str, wrong: str, prefix: str, rule: str, words: tuple[str, ...]) -> Animal:
    """One with a route of this address, which the server has already."""
    return Animal(
        id,
        wrong,
        words=words,
        traced=True,
        declares='requires = { neighbour = ">=0" }',
        plugin=_routes(id, rule, "permission=api.PUBLIC", ", **path").replace(
            f"/api/v1/{id.replace('_', '-')}", prefix
        ),
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
        plugin=_routes("side_door", "", "permission=api.PUBLIC").replace(
            "return [blp]", "blp.add_url_rule('/back', 'back', lambda: 'open')\n        return [blp]"
        ),
    ),
    Animal(
        "unknown_permission",
        "Its route demands a permission that nobody provides.",
        words=("'unknown_permission.enter'", "nobody provides"),
        traced=True,
        plugin=_routes("unknown_permission", "", "permission='unknown_permission.enter'"),
    ),
    Animal(
        "unknown_target",
        "Its route is aimed at a resource type that nobody provides.",
        words=("'unicorn'", "no resource type"),
        traced=True,
        plugin=_routes(
            "unknown_target",
            "/<id:unicorn_id>",
            "permission='unknown_target.enter', target=api.in_path('unicorn')",
            ", unicorn_id",
        ).replace(
            "class Plugin(api.Plugin):\n",
            "class Plugin(api.Plugin):\n"
            "    @api.hookimpl\n    def provide_permissions(self):\n"
            "        return [api.Permission('unknown_target.enter', 'Enter', 'read:unicorns')]\n\n",
        ),
        declares='permissions = ["read:unicorns"]',
    ),
    Animal(
        "odd_rule",
        "Its route has an address that cannot be read.",
        words=("routes", "no_such_converter"),
        traced=True,
        plugin=_routes("odd_rule", "/<no_such_converter:x>", "permission=api.PUBLIC", ", x"),
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
        "/api/v1/users",
        "/me",
        ("GET /api/v1/users/me", "kernel"),
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
        plugin=_routes("rival_blueprint", "", "permission=api.PUBLIC").replace(
            'Blueprint("rival_blueprint"', 'Blueprint("neighbour"'
        ),
    ),
)
