"""Enrols, checks and removes the second factors of users."""

from dataclasses import dataclass

from softphone_common.contracts.entities import User
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.sealing import Seal
from softphone_notifier.second_factor import codes
from softphone_notifier.second_factor.store import SecondFactor, SecondFactorStore
from softphone_notifier.settings import NotifierSettings

_PURPOSE = b"softphone notifier second factors"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret for an authenticator app, as a text and as the address in a QR code."""

    secret: str
    url: str


class SecondFactors:
    """One-time passwords of users. Every method may raise UnavailableError.

    Secrets are sealed with the keys of SOFTPHONE_SECOND_FACTOR_KEYS, which notifier alone has.
    """

    def __init__(self, store: SecondFactorStore, clock: Clock, settings: NotifierSettings) -> None:
        self._store = store
        self._clock = clock
        keys = settings.second_factor_keys
        self._seal = None if keys is None else Seal(keys, _PURPOSE)

    async def get(self, user: str) -> SecondFactor | None:
        """The confirmed factor of the user."""
        factor = await self._store.get(user)
        return factor if factor is not None and factor.confirmed else None

    async def with_factor(self, tenant: str) -> set[str]:
        """The ids of the tenant's users who have a confirmed factor."""
        return await self._store.confirmed(tenant)

    async def enrol(self, user: User) -> Enrolment:
        """A new secret, which counts once a code of it was confirmed.

        Raises ProblemError second-factor-unavailable without keys, second-factor-exists.
        """
        if self._seal is None:
            raise ProblemError("second-factor-unavailable")
        secret = codes.new_secret()
        factor = SecondFactor(
            id=user.id,
            tenant=user.tenant,
            secret_sealed=self._seal.encrypt(secret),
            created_at=self._clock(),
        )
        if not await self._store.begin(factor):
            raise ProblemError("second-factor-exists")
        account = f"{user.login} ({user.tenant})"
        return Enrolment(secret, codes.otpauth_url(secret, account))

    async def confirm(self, user: str, code: str) -> list[str]:
        """The recovery codes, after a code of the enrolled secret. Raises ProblemError."""
        factor = await self._store.get(user)
        if factor is None or factor.confirmed:
            raise ProblemError("second-factor-not-begun")
        step = self._step(factor, code)
        if step is None:
            raise ProblemError("second-factor-wrong")
        recovery = codes.new_recovery_codes()
        hashes = [codes.recovery_hash(each) for each in recovery]
        if not await self._store.confirm(user, step, hashes):
            raise ProblemError("second-factor-not-begun")
        return recovery

    async def check(self, factor: SecondFactor, code: str) -> bool:
        """Uses the code, and returns whether it was a recovery code.

        Raises ProblemError second-factor-wrong, for a code that was used before, too.
        """
        step = self._step(factor, code)
        if step is not None and self._seal is not None:
            sealed = self._seal.renew(factor.secret_sealed) or factor.secret_sealed
            if await self._store.use_step(factor.id, step, sealed):
                return False
        elif await self._store.use_recovery(factor.id, codes.recovery_hash(code)):
            return True
        raise ProblemError("second-factor-wrong")

    async def remove(self, user: str) -> bool:
        """Removes the factor of the user, confirmed or not; False if there is none."""
        return await self._store.remove(user)

    def _step(self, factor: SecondFactor, code: str) -> int | None:
        # a secret under a key that is gone matches no code; recovery codes still do
        secret = self._seal and self._seal.decrypt(factor.secret_sealed)
        if not secret:
            return None
        return codes.step_of(secret, codes.plain(code), self._clock().timestamp())
