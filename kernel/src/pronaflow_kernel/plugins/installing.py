"""Bringing the code of a plugin onto a server: found, compared with what an index says of it, handed to pip.

That is an operator's act, and no request of anybody leads here (ADR 060).
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from packaging.utils import canonicalize_name

from .dry_run import NoPlugin, opened
from .offers import Offer, content_of_folder


def offer_named(name: str, offers: Mapping[str, Offer]) -> Offer:
    """What is offered under the id of a plugin or the name of its distribution.

    Raises:
        NoPlugin: nothing.
    """
    for plugin_id, offer in offers.items():
        if name == plugin_id or canonicalize_name(name) == canonicalize_name(offer.distribution):
            return offer
    known = ", ".join(sorted(offers)) or "nothing"
    raise NoPlugin(f"no index offers {name} (plugins.index); they offer: {known}. Or name a wheel")


def fetch(offer: Offer, folder: Path, find_links: Path | None = None) -> Path:
    """The wheel of an offer, from where pip is told to look.

    Arguments:
        folder: where it goes; find_links: a folder with wheels, in which alone is looked.

    Raises:
        NoPlugin: pip finds none.
    """
    where = [] if find_links is None else ["--no-index", "--find-links", str(find_links)]
    wanted = f"{offer.distribution}=={offer.version}"
    options = ("--no-deps", "--only-binary", ":all:", "--dest", str(folder))
    pip("download", *options, *where, wanted)
    [wheel] = folder.glob("*.whl")
    return wheel


def check_hash(wheel: Path, sha256: str) -> None:
    """Hold a wheel to a hash.

    Raises:
        NoPlugin: it is another file.
    """
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != sha256.lower():
        raise NoPlugin(f"{wheel.name} is another file than promised: its SHA-256 is {found}, not {sha256}")


def check_promise(wheel: Path, offers: Iterable[Offer]) -> None:
    """Hold a wheel to what indexes say of its plugins, where they offer this very version.

    Raises:
        NoPlugin: it is another file, or its manifest asks for something else than was shown.
    """
    known = {(offer.manifest.id, offer.version): offer for offer in offers}
    with opened(wheel) as (folder, candidates):
        for candidate in candidates:
            offer = known.get((candidate.id, candidate.version))
            if offer is None:
                continue
            check_hash(wheel, offer.sha256)
            lies = candidate.manifest != offer.manifest
            if lies or content_of_folder(folder / candidate.package) != offer.content:
                raise NoPlugin(f"{wheel.name} holds another {candidate.id} than the index shows")


def pip(command: str, *arguments: str) -> None:
    """Run pip for this environment; what it says goes to standard error.

    Raises:
        NoPlugin: there is no pip, or it fails.
    """
    if find_spec("pip") is None:
        raise NoPlugin(f"{sys.prefix} has no pip: `{sys.executable} -m ensurepip` installs it")
    options = ("--no-input", "--disable-pip-version-check", "--quiet")
    done = subprocess.run([sys.executable, "-m", "pip", command, *options, *arguments], stdout=2, check=False)
    if done.returncode:
        raise NoPlugin(f"pip {command} failed; its words are above")
