"""Two-step sign-in, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..guessing.attempts import Attempts
from ..guessing.devices import DeviceTokens
from ..passwords.own_password import OwnPassword
from ..passwords.password_hashes import PasswordHashes
from ..sessions.sessions import Sessions
from .factors import Factors
from .handlers import MfaHandlers
from .letters import FactorLetters
from .proof import OwnerProof
from .recovery import RecoveryCodes
from .second_step import SecondStep

if TYPE_CHECKING:
    from ...kernel import Kernel


class Mfa:
    """The parts, each once; `factors`, `recovery`, `second_step`, `proof` and `handlers`.

    Arguments:
        kernel: the assembled application.
        hashes, sessions, attempts, own_password, devices: those of identity.
    """

    def __init__(
        self,
        kernel: Kernel,
        hashes: PasswordHashes,
        sessions: Sessions,
        attempts: Attempts,
        own_password: OwnPassword,
        devices: DeviceTokens,
    ) -> None:
        letters = FactorLetters(kernel.mail, kernel.settings.public_url.rstrip("/"))
        self.factors = Factors(kernel.keys, attempts, sessions, letters)
        self.recovery = RecoveryCodes(kernel.settings.auth, hashes)
        self.second_step = SecondStep(self.factors, sessions, devices)
        self.proof = OwnerProof(kernel.db, own_password, self.factors, self.recovery)
        self.handlers = MfaHandlers(kernel.db, self.factors, self.recovery, self.second_step, self.proof)
