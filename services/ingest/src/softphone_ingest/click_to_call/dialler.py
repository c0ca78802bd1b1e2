"""Makes the call a click begins and the link that hands it to the softphone; dials nothing."""

from dataclasses import dataclass, replace
from typing import get_args
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.domain.numbers.dial_format import DialFormat, fill_link, format_number
from softphone_common.domain.numbers.normalise import NumberProfile, RemoteNumber, normalise
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_ingest.click_to_call.idempotency import IdempotencyKeys
from softphone_ingest.click_to_call.links import DialLinks
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.identity.resolver import CallIdResolver
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.spool.spool import Spool

KEY_HEADER = "Idempotency-Key"
_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "urn:softphone-connector:click")


@dataclass(frozen=True, slots=True)
class Click:
    """A number as clicked or typed, by whom, and from where; two with the same key are one."""

    user: str
    extension: str
    number: str
    key: str | None = None


class Dialler:
    """Turns clicks into `dialed` calls."""

    def __init__(
        self,
        devices: DeviceCache,
        configs: DeviceConfigs,
        links: DialLinks,
        idempotency: IdempotencyKeys,
        resolver: CallIdResolver,
        spool: Spool,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._configs = configs
        self._links = links
        self._idempotency = idempotency
        self._resolver = resolver
        self._spool = spool
        self._clock = clock

    async def dial(self, tenant: Tenant, click: Click) -> tuple[str, str]:
        """The new call's id and the link to open; of a repeated click those of the first.

        Raises ProblemError 422 for what is no number or for a key that stands for another click,
        UnavailableError if the call can't be kept.
        """
        device = self._device(tenant, click.extension)
        profile = self._profile(tenant, device)
        remote = normalise(click.number, _by_hand(profile))
        if remote.kind in {"anonymous", "invalid"}:
            raise ProblemError("number-not-dialable", field="number")
        call = _call_id(tenant, click)
        asked = f"{_party(remote)} from {click.extension}"
        known = await self._idempotency.take(tenant.id, call, asked) if click.key else None
        if known is not None and known.asked != asked:
            raise ProblemError("idempotency-key-reused", field=KEY_HEADER)
        if known is not None and known.link is not None:
            return call, known.link
        await self._tell(tenant, click, call, remote)
        for reading in _readings(remote, profile):
            await self._resolver.expect(tenant.id, click.extension, reading, call)
        dialled = await self._link(tenant, click.user, device)
        link = fill_link(dialled.link, format_number(remote, dialled.spelling, profile))
        if click.key:
            await self._idempotency.made(tenant.id, call, asked, link)
        return call, link

    async def _tell(self, tenant: Tenant, click: Click, call: str, remote: RemoteNumber) -> None:
        observation = Observation(
            call_id=call,
            phase="dialed",
            extension=click.extension,
            remote=remote,
            at=self._clock(),
            direction="outbound",
            identity="click",
        )
        await self._spool.publish(CallObserved(tenant=tenant.id, observation=observation))

    def _device(self, tenant: Tenant, extension: str) -> StoredDevice | None:
        """The device of this one extension; of several rather one with a link."""
        found = [
            device
            for device in self._devices
            if (device.tenant, device.extension, device.active) == (tenant.id, extension, True)
        ]
        return min(found, key=lambda device: (device.dial is None, device.id), default=None)

    def _profile(self, tenant: Tenant, device: StoredDevice | None) -> NumberProfile:
        try:
            return self._configs.of(tenant, device).profile if device else tenant.numbers
        except HitError:
            return tenant.numbers

    async def _link(self, tenant: Tenant, user: str, device: StoredDevice | None) -> DialLink:
        try:
            own = await self._links.get(tenant.id, user)
        except UnavailableError as error:
            log.warning("own dial link not read", tenant=tenant.id, user=user, error=str(error))
            own = None
        # not checked again: what was stored under an older rule still dials
        at_tenant = DialLink.model_construct(link=tenant.dial_link, spelling=tenant.dial_spelling)
        return own or (device and device.dial) or at_tenant


def _by_hand(profile: NumberProfile) -> NumberProfile:
    """For what people type and click: the habits of a phone in writing numbers are not theirs."""
    return replace(profile, outside_prefix_mode="never", format="any")


def _readings(remote: RemoteNumber, profile: NumberProfile) -> list[RemoteNumber]:
    """What the number may look like when the phone tells it, in whichever spelling.

    0176 04069001 with an outside prefix of 0 is the same digits as a number in California.
    """
    spelt = (normalise(format_number(remote, s, profile), profile) for s in get_args(DialFormat))
    return list({_party(reading): reading for reading in (remote, *spelt)}.values())


def _party(remote: RemoteNumber) -> str:
    return remote.e164 or remote.display


def _call_id(tenant: Tenant, click: Click) -> str:
    """The same for the same key of the same user, at every instance and without any state."""
    if click.key is None:
        return str(uuid4())
    return str(uuid5(_NAMESPACE, "\x1f".join((tenant.id, click.user, click.key))))
