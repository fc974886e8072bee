"""Hook implementations against their specifications: order of arguments, and types where annotated.

Names that a hook does not pass fail the plugin at the start. What is checked here nobody notices at once:
an order that misleads, an annotation that says something else than what arrives.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from ...plugins.specs import Spec
from .subject import Subject

ALIKE = ({"Sequence", "list", "tuple"}, {"Mapping", "dict"})
"""Types of answers that fit one another."""


def problems(subject: Subject) -> Iterator[str]:
    """How implementations differ from the specifications of their hooks."""
    hooks = subject.world.kernel.hooks
    for name in hooks.implemented(subject.id):
        method = getattr(type(subject.plugin), name)
        where = f"{name} in {_place(subject, method)}"
        for fault in _faults(hooks.specs()[name], method):
            yield f"{where} {fault}"


def _place(subject: Subject, method: Any) -> str:
    code = method.__code__
    return f"{code.co_filename.rpartition('/')[2]}:{code.co_firstlineno}"


def _faults(spec: Spec, method: Any) -> Iterator[str]:
    signature = inspect.signature(method)
    taken = [each for each in signature.parameters.values() if each.name != "self"]
    wanted = [each.name for each in spec.arguments]
    order = [name for name in wanted if name in {each.name for each in taken}]
    if order != [each.name for each in taken]:
        yield f"takes its arguments in another order than {', '.join(wanted)}"
    types = {each.name: each.type for each in spec.arguments}
    for parameter in taken:
        given = parameter.annotation
        if given is not parameter.empty and not _fits(types.get(parameter.name, "Any"), given):
            yield f"says {parameter.name} is {_plain(given)}; the hook passes {types[parameter.name]}"
    given = signature.return_annotation
    if given is not signature.empty and not _answers(spec.returns, given):
        yield f"says it answers {_plain(given)}; the hook takes {spec.returns}"


def _plain(annotation: Any) -> str:
    """An annotation as text, names without their modules."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text).replace(" ", "").replace("'", "").replace('"', "")


def _fits(passed: str, said: Any) -> bool:
    """Whether an argument may be annotated so: as in the specification, or more widely."""
    parts = _plain(said).split("|")
    return "Any" in parts or "object" in parts or set(_plain(passed).split("|")) <= set(parts)


def _answers(taken: str, said: Any) -> bool:
    """Whether an answer of this type fits; what is inside a container is the type checker's business."""
    heads = {part.partition("[")[0] for part in _outer(_plain(said))}
    allowed = {part.partition("[")[0] for part in _outer(_plain(taken))}
    for group in ALIKE:
        allowed |= group if allowed & group else set()
    known = allowed <= {"None", "type", "MetaData", *ALIKE[0], *ALIKE[1]}
    return not known or heads <= allowed | {"Any"}


def _outer(text: str) -> list[str]:
    """The parts of a union, brackets left whole."""
    flat = re.sub(r"\[.*\]", "[]", text)
    return flat.split("|")
