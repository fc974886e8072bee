"""Animals that break when their code is imported, made or set up."""

from __future__ import annotations

from .animal import Animal, source

ANIMALS = (
    Animal(
        "raises_on_import",
        "Its module raises when it is imported.",
        words=("import", "ZeroDivisionError"),
        traced=True,
        plugin="1 / 0\n",
    ),
    Animal(
        "syntax_error",
        "Its module is no Python.",
        words=("import", "SyntaxError", "plugin.py, line 1"),
        traced=True,
        plugin="def\n",
    ),
    Animal(
        "missing_module",
        "It imports a module of its own that is not there, which is not the same as not being installed.",
        words=("import", "ModuleNotFoundError", "zoo_missing_module.parts.wheels"),
        traced=True,
        plugin="from zoo_missing_module.parts.wheels import Wheel\n",
        files={"parts/__init__.py": ""},
    ),
    Animal(
        "missing_library",
        "It imports a library that is not installed.",
        words=("import", "ModuleNotFoundError", "library_of_babel"),
        traced=True,
        plugin="import library_of_babel\n",
    ),
    Animal(
        "missing_class",
        "Its entry point names a class that is not there.",
        words=("import", "AttributeError", "Plugin"),
        traced=True,
        plugin="from pronaflow_kernel import api\n",
    ),
    Animal(
        "exits_on_import",
        "Its module ends the process when it is imported.",
        words=("import", "SystemExit"),
        traced=True,
        plugin="raise SystemExit(3)\n",
    ),
    Animal(
        "leaves_on_import",
        "Its module raises what only ends of the process are made of.",
        words=("import", "Leave", "I am leaving"),
        traced=True,
        plugin='class Leave(BaseException):\n    pass\n\n\nraise Leave("I am leaving")\n',
    ),
    Animal(
        "no_plugin",
        "Its entry point leads to something that is no plugin.",
        words=("import", "zoo_no_plugin.plugin:Plugin is not a subclass of Plugin"),
        traced=True,
        plugin="Plugin = int\n",
    ),
    Animal(
        "raises_on_creation",
        "Its class raises when it is made.",
        words=("import", "RuntimeError", "the constructor is broken"),
        traced=True,
        plugin=source("def __init__(self):\n    raise RuntimeError('the constructor is broken')"),
    ),
    Animal(
        "raises_on_load",
        "Its setup raises.",
        words=("setup", "OSError", "the disk is gone"),
        traced=True,
        plugin=source("def setup(self, ctx):\n    raise OSError('the disk is gone')"),
    ),
    Animal(
        "exits_on_load",
        "Its setup ends the process.",
        words=("setup", "SystemExit"),
        traced=True,
        plugin=source("def setup(self, ctx):\n    raise SystemExit('I am leaving')"),
    ),
    Animal(
        "recurses_on_load",
        "Its setup calls itself without end.",
        words=("setup", "RecursionError"),
        traced=True,
        plugin=source("def setup(self, ctx):\n    self.setup(ctx)"),
    ),
)
