"""Whatever stands in a `plugin.toml`, reading it ends in a manifest or in a sentence that names the key."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.plugins.manifest import (
    Manifest,
    ManifestError,
    UiElement,
    parse_manifest,
    read_manifest,
)

PLAIN = {"manifest": 1, "id": "shop", "name": "Shop", "summary": "Sells.", "api": ">=1.0,<2"}
KEYS = sorted({*Manifest.__dataclass_fields__, "manifest", "events"} - {"emits", "listens"})

SCALARS = st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates() | st.times()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(toml: bytes | None, init: bytes = b"") -> Manifest:
    """The manifest of a package with these two files; None stands for a folder called like the first."""
    with TemporaryDirectory() as place:
        package = Path(place, "strange_package")
        package.mkdir()
        (package / "__init__.py").write_bytes(init)
        if toml is None:
            (package / "plugin.toml").mkdir()
        else:
            (package / "plugin.toml").write_bytes(toml)
        return read_manifest("strange_package", [place])


def refusal(data: dict[str, Any]) -> str | None:
    """Why data are no manifest; None if they are one."""
    try:
        parse_manifest(data, "plugin.toml")
    except ManifestError as error:
        return str(error)
    return None


@given(st.sampled_from(KEYS), VALUES)
def test_a_wrong_value_is_named_by_its_key(key: str, value: Any) -> None:
    words = refusal({**PLAIN, key: value})
    inner = ("emits", "listens") if key == "events" else ()
    assert words is None or any(f"`{name}" in words for name in (key, f"[{key}]", *inner))


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), VALUES, max_size=6))
def test_any_table_is_a_manifest_or_refused(data: dict[str, Any]) -> None:
    try:
        manifest = parse_manifest(data, "plugin.toml")
    except ManifestError:
        return
    texts = [*manifest.commands.values(), *manifest.urls.values()]
    assert all(isinstance(text, str) for text in texts)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_manifest_or_refused(content: bytes) -> None:
    with pytest.raises(ManifestError):
        read(content)


@pytest.mark.parametrize(
    ("toml", "init"),
    [
        (b"a = " + b"[" * 100_000, b""),
        (b"a = " + b"1" * 5_000, b""),
        (None, b""),
        (b"", b"-" * 100_000 + b"1"),
        (b"", b"a" + b".a" * 100_000),
    ],
    ids=["nested too deeply", "too large a number", "a folder", "too many signs", "too many dots"],
)
def test_a_package_beyond_the_limits_of_python_is_refused(toml: bytes | None, init: bytes) -> None:
    with pytest.raises(ManifestError, match=r"strange_package.* cannot be read"):
        read(toml, init)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"urls": {"home": []}}, "`urls.home` must be a string"),
        ({"commands": {"sell": {}}}, "`commands.sell` must be a string"),
        ({"emits": ["shop.sold"]}, "`emits` belongs under `[events]`"),
        ({"requires": {"shop": ">=1"}}, "`requires` names the plugin itself"),
    ],
)
def test_what_would_be_misread_later_is_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_manifest({**PLAIN, **data}, "plugin.toml")
    assert words in str(refused.value)


@pytest.mark.parametrize("value", ["!!", "", ":Main", "a b", "..:Main"])
def test_an_entry_point_that_leads_nowhere_fails_its_plugin_alone(value: str) -> None:
    [candidate] = discover([EntryPoint("shop", value, GROUP)])
    assert candidate.manifest is None and "cannot be found" in str(candidate.fault)


GARDEN = {"element": "rose-garden", "module": "garden.js"}


@pytest.mark.parametrize(
    ("slot", "told", "words"),
    [
        ("editor", GARDEN, "is no place in pages"),
        ("task:editor", "rose-garden", "`element`, `module` and `order`"),
        ("task:editor", {**GARDEN, "colour": "red"}, "and nothing else"),
        ("task:editor", {**GARDEN, "element": "roses"}, "the name of a custom element"),
        ("task:editor", {**GARDEN, "element": "Rose-Garden"}, "the name of a custom element"),
        ("task:editor", {**GARDEN, "module": "../garden.js"}, "within ui"),
        ("task:editor", {**GARDEN, "module": "a/../garden.js"}, "within ui"),
        ("task:editor", {**GARDEN, "module": "a//garden.js"}, "within ui"),
        ("task:editor", {**GARDEN, "module": ".garden.js"}, "within ui"),
        ("task:editor", {**GARDEN, "module": "garden.html"}, "within ui"),
        ("task:editor", {**GARDEN, "element": "rose-"}, "the name of a custom element"),
        ("task:editor", {**GARDEN, "order": 1001}, "from 0 to 1000"),
        ("task:editor", {**GARDEN, "order": True}, "from 0 to 1000"),
    ],
)
def test_a_wrong_place_in_pages_is_named(slot: str, told: Any, words: str) -> None:
    said = refusal({**PLAIN, "ui_slots": {slot: told}})
    assert said is not None and f"`ui_slots.{slot}`" in said and words in said


def test_a_place_in_pages_needs_its_module(tmp_path: Path) -> None:
    toml = b'manifest = 1\nid = "shop"\nname = "Shop"\nsummary = "Sells."\napi = ">=1.0,<2"\n'
    toml += b'[ui_slots."task:editor"]\nelement = "rose-garden"\nmodule = "garden.js"\n'
    with pytest.raises(ManifestError, match=r"names garden\.js, and .*ui has no such file"):
        read(toml)
    assert parse_manifest({**PLAIN, "ui_slots": {"task:editor": GARDEN}}, "").ui_slots == {
        "task:editor": UiElement("rose-garden", "garden.js", 100)
    }
