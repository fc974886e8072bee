"""The zoo: plugins that are broken in one way each, and a healthy one to put next to them.

Whatever an animal does, the server must start, the neighbour's `journey` must pass, and the animal's state
must name the culprit and the reason. The fixture `zoo` writes animals as packages that can be imported:

    @pytest.mark.parametrize("animal", ANIMALS.values(), ids=str)
    def test_it_survives(new_world, zoo, animal):
        world = new_world(candidates=zoo(NEIGHBOUR, animal))
        journey(world, world.person())
"""

from __future__ import annotations

from . import answers, contracts, imports, liars, manifests, provides, routes, serving, tables
from .animal import Animal, dependant, settle
from .healthy import NEIGHBOUR, journey, with_company

__all__ = ["ANIMALS", "NEIGHBOUR", "Animal", "dependant", "journey", "settle", "with_company"]

_HOUSES = (manifests, imports, provides, contracts, liars, routes, tables, answers, serving)

ANIMALS: dict[str, Animal] = {animal.id: animal for house in _HOUSES for animal in house.ANIMALS}
"""All animals by id."""
