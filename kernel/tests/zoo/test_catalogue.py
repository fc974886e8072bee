"""The catalogue itself: nothing that can break is without its animal."""

from __future__ import annotations

import re

import pytest

from pronaflow_kernel.plugins.lifecycle import STATES
from pronaflow_kernel.plugins.specs import kernel_specs
from pronaflow_kernel.testing.zoo import _HOUSES, ANIMALS, Animal


@pytest.mark.parametrize("hook", kernel_specs())
def test_every_hook_has_an_animal_that_raises_in_it(hook: str) -> None:
    assert f"raises_in_{hook}" in ANIMALS


@pytest.mark.parametrize("animal", ANIMALS.values(), ids=str)
def test_every_animal_says_what_is_wrong_and_what_must_be_seen(animal: Animal) -> None:
    assert re.fullmatch(r"[A-Z][^\n]*\.", animal.wrong)
    assert animal.state in STATES and animal.ends in STATES
    assert animal.words
    assert len(f"on_on_{animal.id}") <= 40, (
        "an id has 40 letters at most, and plugins that require it have more"
    )
    assert (animal.state == "ready") == (animal.poke is not None) == bool(animal.sees)


def test_no_two_animals_share_an_id_but_for_the_twins() -> None:
    ids = [one.id for house in _HOUSES for animal in house.ANIMALS for one in (animal, *animal.companions)]
    assert {id for id in ids if ids.count(id) > 1} == {"twins"}
