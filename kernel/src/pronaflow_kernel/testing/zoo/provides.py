"""Animals that fail the questions of the assembly: two for every `provide_*` hook of the kernel."""

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


def _answers_nonsense(hook: str) -> Animal:
    """One that answers a list of numbers where a list of something else is due, and else a number."""
    several = {"permissions", "resources", "event_types", "subscribers", "jobs", "commands", "health_checks"}
    answer = "[7, 8]" if hook.removeprefix("provide_") in several else "7"
    return Animal(
        f"nonsense_for_{hook}",
        f"It answers {answer} when it is asked to {hook}.",
        words=(hook,),
        traced=True,
        plugin=source(implements(hook, f"return {answer}")),
    )


_HOOKS = [name for name, spec in kernel_specs().items() if spec.prefix == "provide"]

ANIMALS = (
    *(_raises(hook) for hook in _HOOKS),
    *(_answers_nonsense(hook) for hook in _HOOKS),
    Animal(
        "text_for_provide_blueprints",
        "It answers text when it is asked for its routes.",
        words=("provide_blueprints answers str where Sequence must be",),
        traced=True,
        plugin=source(implements("provide_blueprints", "return 'none of your business'")),
    ),
    Animal(
        "number_in_provide_blueprints",
        "One of its blueprints is a number.",
        words=("provide_blueprints answers int where Blueprint must be",),
        traced=True,
        plugin=source(implements("provide_blueprints", "return [7]")),
    ),
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
