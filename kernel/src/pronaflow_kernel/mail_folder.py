"""Forgetting a person in a folder of letters, as `EmlMailer` fills it.

A letter goes when it is to the person or names them. A word is found whole and in any case: of somebody whose
full name is `Ann`, letters that name another Ann go too, but none that tells of an annex. Rather one letter
too many: nobody but a developer reads here.
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from .settings.checks import mailbox


def forget_letters(folder: Path, names: Iterable[str]) -> int:
    """Delete letters to a person and those that name them, unfinished files of a dead process too.

    Arguments:
        folder: which may be missing.
        names: mail address, user names, full name.

    Returns:
        How many went.
    """
    tells = telling_of(names)
    found = [path for path in folder.iterdir() if tells(_texts(path))] if folder.is_dir() else []
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def telling_of(names: Iterable[str]) -> Callable[[Iterable[str]], bool]:
    """What says of some texts whether they name a person; `names` as in `forget_letters`."""
    words = [form for name in names for form in _forms(name)]
    if not words:
        return lambda _: False
    naming = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")
    return lambda texts: any(naming.search(text.casefold()) for text in texts)


def _forms(name: str) -> Iterator[str]:
    """How a name may be written in a letter; an address with a domain of another script has two forms."""
    if not name.strip():
        return
    yield name.strip().casefold()
    if "@" in name:
        try:
            yield mailbox(name).addr_spec.casefold()
        except ValueError:
            return  # it is no address, so that no letter went to it


def _texts(path: Path) -> Iterator[str]:
    """Headers and texts of a letter as people read them; of what is no letter its bytes."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # another process that forgets somebody was here first
        return
    yield content.decode("utf-8", "replace")
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        yield from map(str, part.values())
        if part.get_content_maintype() == "text":
            yield part.get_content()
