"""The server's keys: what signs tokens, encrypts stored secrets and makes links unforgeable.

Operators keep one list, `secret_key`. The first key is active, the others are still accepted, so that a key
is replaced by putting a new one in front and dropping the old one after the longest token life, once
`pronaflow secrets rotate` has moved what is stored. Each purpose uses a sub-key of its own, derived by HKDF
(RFC 5869): what leaks of one purpose tells nothing about another.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import CapabilityDenied
from .settings import Problem, Settings, SettingsError
from .settings.checks import strong_key
from .storage.atomic import atomic_file

JWT = "jwt"
"""Purpose of the keys that sign access tokens."""
ENCRYPTION = "encryption"
"""Purpose of the keys that encrypt what is stored."""
LINKS = "links"
"""Purpose of the keys that sign addresses in mails and downloads."""

_GENERATED = "secret_key"


@dataclass(frozen=True, slots=True)
class Key:
    """A sub-key for one purpose.

    Arguments:
        kid: names the key in public (JWT header `kid`), 12 hexadecimal digits; tells nothing about it.
        secret: 32 bytes.
    """

    kid: str
    secret: bytes = field(repr=False)


class DecryptionError(Exception):
    """The text was not encrypted by these keys, was changed, or belongs to another row."""


class Keys:
    """The keys of this server.

    Arguments:
        secret_keys: at least one key of 32 bytes or more; the first is active.
        where: the place to name in errors.

    Raises:
        SettingsError: there is no key, or some are weak.
    """

    def __init__(self, secret_keys: Sequence[str], where: str = "secret_key") -> None:
        problems = [] if secret_keys else [Problem(where, "secret_key", "holds no key")]
        for index, key in enumerate(secret_keys, start=1):
            try:
                strong_key(key)
            except ValueError as error:
                problems.append(Problem(where, "secret_key", f"item {index} {error}"))
        if problems:
            raise SettingsError(problems)
        self._roots = [key.encode("utf-8", "surrogateescape") for key in secret_keys]
        self._derived: dict[str, tuple[Key, ...]] = {}

    def accepted(self, purpose: str) -> tuple[Key, ...]:
        """All keys for `purpose` (`JWT`, `LINKS` or a plugin's own word), the active one first."""
        if purpose not in self._derived:
            self._derived[purpose] = tuple(_derive(root, purpose) for root in self._roots)
        return self._derived[purpose]

    def active(self, purpose: str) -> Key:
        """The key that signs."""
        return self.accepted(purpose)[0]

    def find(self, purpose: str, kid: str) -> Key | None:
        """The accepted key of that name; None for one that never was ours or was dropped."""
        return next((key for key in self.accepted(purpose) if key.kid == kid), None)

    def encrypt(self, text: str, *, bound_to: str) -> str:
        """Encrypt a secret that is stored.

        Arguments:
            text: what to hide.
            bound_to: the place where it is stored, e.g. `integrations__webhook.secret/<id>`; a text that was
                moved to another row cannot be decrypted there.

        Raises:
            ValueError: `bound_to` holds a NUL character.
        """
        if "\0" in bound_to:
            raise ValueError("bound_to must not hold a NUL character")
        return self._cipher().encrypt(f"{bound_to}\0{text}".encode()).decode()

    def decrypt(self, token: str, *, bound_to: str) -> str:
        """What `encrypt` hid.

        Raises:
            DecryptionError: with any accepted key, this is nothing that was stored at `bound_to`.
        """
        try:
            place, _, text = self._cipher().decrypt(token.encode("ascii", "replace")).decode().partition("\0")
        except InvalidToken as error:
            raise DecryptionError("not encrypted by an accepted key") from error
        if place != bound_to:
            raise DecryptionError("encrypted for another place")
        return text

    def is_current(self, token: str, *, bound_to: str) -> bool:
        """Whether the active key encrypted this, and not an older one.

        Raises:
            DecryptionError: see `decrypt`.
        """
        self.decrypt(token, bound_to=bound_to)
        try:
            self._ciphers()[0].decrypt(token)
        except InvalidToken:
            return False
        return True

    def _cipher(self) -> MultiFernet:
        return MultiFernet(self._ciphers())

    def _ciphers(self) -> list[Fernet]:
        return [Fernet(base64.urlsafe_b64encode(key.secret)) for key in self.accepted(ENCRYPTION)]


class PluginSecrets:
    """`ctx.secrets`: hides what a plugin stores in a `secret_column` of its own tables, and reads it again.

    Arguments:
        keys: of this server.
        plugin_id: whose it is.
    """

    def __init__(self, keys: Keys, plugin_id: str) -> None:
        self._keys = keys
        self._plugin_id = plugin_id

    def encrypt(self, text: str, *, bound_to: str) -> str:
        """What to store instead of `text`; `bound_to` is what `secret_place` answers.

        Raises:
            CapabilityDenied: the place is in a table of somebody else.
        """
        return self._keys.encrypt(text, bound_to=self._own(bound_to))

    def decrypt(self, token: str, *, bound_to: str) -> str:
        """What `encrypt` hid.

        Raises:
            DecryptionError: with any accepted key, this is nothing that was stored at `bound_to`.
            CapabilityDenied: the place is in a table of somebody else.
        """
        return self._keys.decrypt(token, bound_to=self._own(bound_to))

    def _own(self, place: str) -> str:
        if not place.startswith(f"{self._plugin_id}__"):
            raise CapabilityDenied(
                f"The plugin {self._plugin_id} has no secrets in {place.partition('/')[0]}"
            )
        return place


def keys_from(settings: Settings) -> Keys:
    """The keys of this server; without a setting, the one in the data folder, made now if need be.

    Raises:
        SettingsError: production without `secret_key`, or weak keys.
    """
    if settings.secret_key:
        return Keys(settings.secret_key)
    if settings.production:
        raise SettingsError([Problem("settings", "secret_key", "must be given in production")])
    path = settings.data_dir / _GENERATED
    return Keys(_generated(path), where=str(path))


def _generated(path: Path) -> list[str]:
    """The keys in the file, one a line; the first of several processes creates it and the others read it."""
    if not path.exists():
        try:
            with atomic_file(path, exclusive=True) as stream:
                stream.write(f"{secrets.token_urlsafe(48)}\n".encode())
        except FileExistsError:
            pass
    return path.read_text(encoding="utf-8").split()


def _derive(root: bytes, purpose: str) -> Key:
    def sub_key(use: str, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=f"pronaflow/{purpose}/{use}".encode()).derive(root)

    return Key(kid=sub_key("kid", 6).hex(), secret=sub_key("secret", 32))
