"""Animals that are found out before any of their code runs: by their manifest, or by whom they require."""

from __future__ import annotations

from .animal import Animal

_BOMB = '''\
"""Whoever imports this package finds a crater."""

from pathlib import Path

Path(__file__).with_name("crater").touch()
raise RuntimeError("boom")
'''


def _needs(id: str, other: str, **kwargs: str) -> Animal:
    return Animal(
        id,
        f"It requires {other}, which requires it.",
        state="blocked",
        words=("requirements go in a circle", id, other),
        declares=f'requires = {{ {other} = ">=0" }}',
    )


def _manifest(id: str, text: str) -> dict[str, str]:
    return {"plugin.toml": text.format(id=id)}


ANIMALS = (
    Animal(
        "init_bomb",
        "Its __init__.py holds code, which explodes when anybody imports the package.",
        words=("__init__.py", "must be empty"),
        files={"__init__.py": _BOMB},
    ),
    Animal(
        "init_code",
        "Its __init__.py holds harmless code below a docstring and comments.",
        words=("__init__.py", "must be empty"),
        files={"__init__.py": '"""Fine."""\n# fine\nVERSION = "1"\n'},
    ),
    Animal(
        "init_garbled",
        "Its __init__.py is no Python.",
        words=("__init__.py",),
        files={"__init__.py": "def\n"},
    ),
    Animal(
        "toml_error",
        "Its plugin.toml is no TOML.",
        words=("plugin.toml", "line 1"),
        files={"plugin.toml": "id = \n"},
    ),
    Animal(
        "toml_binary",
        "Its plugin.toml holds a character that TOML forbids.",
        words=("plugin.toml",),
        files={"plugin.toml": 'manifest = 1\nid = "toml_\0binary"\n'},
    ),
    Animal(
        "unknown_keys",
        "Its manifest has keys that do not exist and lacks some that must be there.",
        words=("unknown key `nonsense`", "`api` is missing", "`name` is missing"),
        files=_manifest("unknown_keys", 'manifest = 1\nid = "{id}"\nnonsense = 1\n'),
    ),
    Animal(
        "wrong_types",
        "Its manifest has values of the wrong kind.",
        words=("`uses` must be a list of strings", "`critical` must be true or false"),
        declares='uses = 3\ncritical = "yes"\n',
    ),
    Animal(
        "wrong_requires",
        "Its manifest requires a version that is a number.",
        state="blocked",
        words=("requires.neighbour", "no version range"),
        declares="requires = { neighbour = 1 }\n",
    ),
    Animal(
        "wrong_events",
        "Its manifest has a number where the events should be.",
        words=("`[events]` has `emits` and `listens`",),
        declares="events = 5\n",
    ),
    Animal(
        "wrong_id",
        "Its manifest has another id than its entry point.",
        words=("says id = 'another'",),
        files=_manifest("another", 'manifest = 1\nid = "{id}"\nname = "X"\nsummary = "x"\napi = ">=1.0"\n'),
    ),
    Animal(
        "workspaces_of_all",
        "Its scope is none of the two.",
        words=("`scope` must be system or workspace",),
        files=_manifest(
            "workspaces_of_all",
            'manifest = 1\nid = "{id}"\nname = "X"\nsummary = "x"\napi = ">=1.0"\nscope = "galaxy"\n',
        ),
    ),
    Animal(
        "server",
        "Its id is a section of the settings.",
        words=("the id 'server' is a name of the kernel", "choose another"),
    ),
    Animal(
        "twins",
        "Two distributions claim its id.",
        words=("the id 'twins' is claimed by", "uninstall one"),
        companions=(Animal("twins", "It is the other twin.", package="zoo_other_twin"),),
    ),
    Animal(
        "lonely",
        "It requires a plugin that is not installed.",
        state="blocked",
        words=("requires unicorn, which is not installed",),
        declares='requires = { unicorn = ">=0" }',
    ),
    Animal(
        "picky",
        "It requires a version of the neighbour that is not out yet.",
        state="blocked",
        words=("requires neighbour >=99, installed is 0",),
        declares='requires = { neighbour = ">=99" }',
    ),
    Animal(
        "garbled_range",
        "It requires a version range that is none.",
        state="blocked",
        words=("'newest'` is no version range",),
        declares='requires = { neighbour = "newest" }',
    ),
    Animal(
        "from_the_future",
        "It needs a newer hook API than this kernel has.",
        state="incompatible",
        words=("needs hook API >=7, this kernel has",),
        files=_manifest(
            "from_the_future", 'manifest = 1\nid = "{id}"\nname = "X"\nsummary = "x"\napi = ">=7"\n'
        ),
    ),
    Animal(
        "garbled_api",
        "Its range of hook APIs is none.",
        state="incompatible",
        words=("is no version range",),
        files=_manifest("garbled_api", 'manifest = 1\nid = "{id}"\nname = "X"\nsummary = "x"\napi = "one"\n'),
    ),
    Animal(
        "circle_left",
        "It requires circle_right, which requires it.",
        state="blocked",
        words=("requirements go in a circle", "circle_left", "circle_right"),
        declares='requires = { circle_right = ">=0" }',
        companions=(_needs("circle_right", "circle_left"),),
    ),
)
