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


def _answers_a_number(hook: str) -> Animal:
    return Animal(
        f"number_for_{hook}",
        f"It answers 7 when it is asked to {hook}.",
        words=(hook, "int"),
        traced=True,
        plugin=source(implements(hook, "return 7")),
    )


def _answers_numbers(hook: str) -> Animal:
    return Animal(
        f"numbers_for_{hook}",
        f"It answers a list of numbers when it is asked to {hook}.",
        words=(hook, "int"),
        traced=True,
        plugin=source(implements(hook, "return [7, 8]")),
    )


def _answers_text(hook: str) -> Animal:
    return Animal(
        f"text_for_{hook}",
        f"It answers text when it is asked to {hook}.",
        words=(hook, "str"),
        traced=True,
        plugin=source(implements(hook, "return 'none of your business'")),
    )


_HOOKS = [name for name, spec in kernel_specs().items() if spec.prefix == "provide"]

ANIMALS = (
    *(_raises(hook) for hook in _HOOKS),
    *(_answers_a_number(hook) for hook in _HOOKS),
    *(_answers_numbers(hook) for hook in _HOOKS),
    *(_answers_text(hook) for hook in _HOOKS),
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
