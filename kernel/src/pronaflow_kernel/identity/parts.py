"""Identity, put together: each part is made once for whoever needs it, when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ..jobs.works import CORE
from ..secrets import JWT
from .accounts import Accounts
from .after_answer import AfterAnswer
from .guessing.attempts import Attempts
from .guessing.devices import DeviceTokens
from .guessing.lockout import Lockout
from .letters import Letters
from .mfa.factors import Factors
from .mfa.letters import FactorLetters
from .mfa.recovery import RecoveryCodes
from .mfa.second_step import SecondStep
from .owner_proof import OwnerProof
from .passwords.credentials import Credentials
from .passwords.own_password import OwnPassword
from .passwords.password_hashes import PasswordHashes
from .passwords.password_rule import PasswordRule
from .passwords.sign_in import SignIn
from .sessions.access_tokens import AccessTokens
from .sessions.sessions import Sessions

if TYPE_CHECKING:
    from ..kernel import Kernel

L = TypeVar("L", bound=Letters)


class Parts:
    """The parts.

    Arguments:
        kernel: the assembled application.
        tokens: issues access tokens; by default a plain one, for commands.
    """

    def __init__(self, kernel: Kernel, tokens: AccessTokens | None = None) -> None:
        self.kernel, self.auth = kernel, kernel.settings.auth
        self.public_url = kernel.settings.public_url.rstrip("/")
        self._tokens = tokens

    def letters_of(self, kind: type[L]) -> L:
        """The writer of a kind of letters."""
        kernel = self.kernel
        return kind(kernel.mail, self.public_url, kernel.preferences, kernel.texts.of(CORE))

    @cached_property
    def letters(self) -> Letters:
        """Writes to owners."""
        return self.letters_of(Letters)

    @cached_property
    def attempts(self) -> Attempts:
        """Counts failures."""
        return Attempts(self.kernel.keys)

    @cached_property
    def lockout(self) -> Lockout:
        """Bars whoever guesses."""
        return Lockout(self.attempts, self.after_answer, self.auth.lockout_seconds)

    @cached_property
    def devices(self) -> DeviceTokens:
        """Recognises devices."""
        return DeviceTokens(self.kernel.keys, self.kernel.clock)

    @cached_property
    def rule(self) -> PasswordRule:
        """What passwords must be like."""
        return PasswordRule(self.auth.password_profile)

    @cached_property
    def hashes(self) -> PasswordHashes:
        """Hashes passwords; one for all, since it bounds how much of the machine they take."""
        return PasswordHashes(self.auth)

    @cached_property
    def accounts(self) -> Accounts:
        """Makes and keeps accounts."""
        return Accounts(self.auth, self.letters)

    @cached_property
    def after_answer(self) -> AfterAnswer:
        """Does what must not show in an answer."""
        return AfterAnswer(self.auth, self.accounts, self.letters, self.attempts, self.kernel.sealed)

    @cached_property
    def sessions(self) -> Sessions:
        """Starts, continues and ends sessions."""
        keys, ttl = self.kernel.keys.accepted(JWT), self.auth.access_token_ttl
        tokens = self._tokens or AccessTokens(keys, ttl, self.public_url, self.kernel.clock)
        return Sessions(self.auth, tokens, self.letters)

    @cached_property
    def own_password(self) -> OwnPassword:
        """Asks somebody who is signed in for the password."""
        return OwnPassword(self.kernel.db, self.hashes, self.attempts)

    @cached_property
    def factors(self) -> Factors:
        """Keeps second factors."""
        letters = self.letters_of(FactorLetters)
        return Factors(self.kernel.keys, self.attempts, self.sessions, letters)

    @cached_property
    def recovery(self) -> RecoveryCodes:
        """Makes and finds recovery codes."""
        return RecoveryCodes(self.auth, self.hashes)

    @cached_property
    def second_step(self) -> SecondStep:
        """Asks for the second factor when somebody signs in."""
        return SecondStep(self.factors, self.sessions, self.devices)

    @cached_property
    def proof(self) -> OwnerProof:
        """Lets only the owner through."""
        return OwnerProof(self.kernel.db, self.own_password, self.factors, self.recovery)

    @cached_property
    def credentials(self) -> Credentials:
        """Says what follows from a password."""
        return Credentials(
            self.auth, self.accounts, self.sessions, self.letters, self.lockout, self.second_step
        )

    @cached_property
    def sign_in(self) -> SignIn:
        """Signs people in by password."""
        return SignIn(
            self.kernel.db, self.hashes, self.accounts, self.credentials, self.lockout, self.devices
        )
