"""Animals whose manifest says something else than their code: for each key once more and once less."""

from __future__ import annotations

from .animal import Animal, implements, source

_HEAD = """
import click
from marshmallow import fields


class Payload(api.Schema):
    liar_id = api.Id()


def ignore(uow, event):
    pass
"""

_PERMISSION = "[api.Permission('{id}.read', 'Read lies', 'read:lies')]"
_KEYS = {
    # key: (what the manifest says, hook that brings it, what the hook answers, what the reason names)
    "hooks": ('hooks = ["extend_payload"]', "extend_payload", "None", "extend_payload"),
    "permissions": ('permissions = ["read:lies"]', "provide_permissions", _PERMISSION, "read:lies"),
    "commands": ('commands = {{ lie = "Lie" }}', "provide_commands", "[click.Command('lie')]", "lie"),
    "emits": (
        '[events]\nemits = ["{id}.told"]',
        "provide_event_types",
        "[api.EventType('{id}.told', 'Lie', Payload)]",
        "{id}.told",
    ),
    "listens": (
        '[events]\nlistens = ["pebble.*"]',
        "provide_subscribers",
        "[api.Subscriber('ear', ('pebble.*',), ignore)]",
        "pebble.*",
    ),
}


def _pair(key: str) -> tuple[Animal, Animal]:
    says, hook, answer, named = _KEYS[key]
    boaster, hider = f"boasts_of_{key}", f"hides_{key}"
    return (
        Animal(
            boaster,
            f"Its manifest names {key} that it does not bring.",
            words=("plugin.toml", f"`{_shown(key)}`", named.format(id=boaster)),
            traced=True,
            declares=says.format(id=boaster),
        ),
        Animal(
            hider,
            f"It brings {key} that its manifest does not name.",
            words=("plugin.toml", f"`{_shown(key)}`", named.format(id=hider)),
            traced=True,
            plugin=source(implements(hook, f"return {answer.format(id=hider)}"), head=_HEAD),
        ),
    )


def _shown(key: str) -> str:
    return f"events.{key}" if key in ("emits", "listens") else key


ANIMALS = tuple(animal for key in _KEYS for animal in _pair(key))
