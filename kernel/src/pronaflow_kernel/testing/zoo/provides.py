"""Animals that fail the questions of the assembly: four for every `provide_*` hook of the kernel."""

from __future__ import annotations

from ...plugins.specs import kernel_specs
from .animal import Animal, implements, source


def _raises(hook: str) -> Animal:
    return Animal(
        f"raises_in_{hook}",
        f"It raises when it is asked to {hook}.",
        words=(hook, "RuntimeError", "the question is too hard"),
        traced=True,
        plugin=source(implements(hook, "raise RuntimeError('the question is too hard')")),
    )


def _answers(prefix: str, what: str, answer: str, hook: str) -> Animal:
    return Animal(
        f"{prefix}_for_{hook}",
        f"It answers {what} when it is asked to {hook}.",
        words=(hook,),
        traced=True,
        plugin=source(implements(hook, f"return {answer}")),
    )


_HOOKS = [name for name, spec in kernel_specs().items() if spec.prefix == "provide"]

ANIMALS = (
    *(_raises(hook) for hook in _HOOKS),
    *(_answers("number", "a number", "7", hook) for hook in _HOOKS),
    *(_answers("numbers", "a list of numbers", "[7, 8]", hook) for hook in _HOOKS),
    *(_answers("text", "text", "'none of your business'", hook) for hook in _HOOKS),
    Animal(
        "exits_in_provide_blueprints",
        "It ends the process when it is asked for its routes.",
        words=("provide_blueprints", "SystemExit"),
        traced=True,
        plugin=source(implements("provide_blueprints", "raise SystemExit(3)")),
    ),
    Animal(
        "recurses_in_provide_services",
        "It asks itself without end when it is asked for its services.",
        words=("provide_services", "RecursionError"),
        traced=True,
        plugin=source(implements("provide_services", "return self.provide_services()")),
    ),
)
