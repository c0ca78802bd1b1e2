"""Turns a click on a number into a call and the link that hands the number to the softphone."""

from dataclasses import dataclass
from typing import get_args
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.domain.numbers.dial_format import (
    DialFormat,
    fill_link,
    format_number,
    has_place_for_ext,
    own_number_code,
)
from softphone_common.domain.numbers.normalise import RemoteNumber, normalise
from softphone_common.domain.numbers.profile import NumberProfile, as_typed
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_ingest.click_to_call.idempotency import IdempotencyKeys
from softphone_ingest.click_to_call.links import DialLinks
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.identity.call_keys import counterpart_of
from softphone_ingest.identity.resolver import CallIdResolver
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.spool.spool import Spool
from softphone_ingest.tenants.dial_targets import DialTargets

KEY_HEADER = "Idempotency-Key"
# Part of stored call ids: another text here would give repeated clicks new ids.
_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "urn:softphone-connector:click")


@dataclass(frozen=True, slots=True)
class Click:
    """A number that a user clicked or typed. Two clicks with the same key are one click."""

    user: str
    extension: str
    number: str
    key: str | None = None


class Dialler:
    """Publishes a `dialed` observation for each click."""

    def __init__(
        self,
        devices: DeviceCache,
        configs: DeviceConfigs,
        links: DialLinks,
        idempotency: IdempotencyKeys,
        resolver: CallIdResolver,
        spool: Spool,
        clock: Clock,
        targets: DialTargets,
    ) -> None:
        self._devices = devices
        self._configs = configs
        self._links = links
        self._idempotency = idempotency
        self._resolver = resolver
        self._spool = spool
        self._clock = clock
        self._targets = targets

    async def dial(self, tenant: Tenant, click: Click) -> tuple[str, str, str]:
        """Our id of the call, the link to open, and the extension that has to be dialled by hand
        since the link can't carry it. A repeated click returns those of the first.

        Raises ProblemError 422 for a text that is not a number, for a key that another click has
        used and for a link that may not be opened, and UnavailableError if neither RabbitMQ nor
        the spool takes the observation.
        """
        device = self._device(tenant, click.extension)
        profile = await self._profile(tenant, device)
        remote = normalise(click.number, as_typed(profile))
        if remote.kind in {"anonymous", "invalid"}:
            raise ProblemError("number-not-dialable", field="number")
        call_id = _call_id(tenant, click)
        code = own_number_code(click.number)
        later = remote.ext and f",{remote.ext}"
        fingerprint = f"{code}{counterpart_of(remote)}{later} from {click.extension}"
        if click.key:
            earlier = await self._idempotency.claim(tenant.id, call_id, fingerprint)
            # One key with two requests is an error of the client: 422, as the IETF draft on the
            # Idempotency-Key header proposes.
            if earlier is not None and earlier.fingerprint != fingerprint:
                raise ProblemError("idempotency-key-reused", field=KEY_HEADER)
            if earlier is not None and earlier.link is not None:
                return call_id, earlier.link, earlier.ext_by_hand
        dial_link = await self._dial_link(tenant, click.user, device)
        self._targets.require(dial_link.link)
        await self._publish(tenant, click, call_id, remote)
        # The publish comes first: a hit that joins a call nobody has published would have no click.
        for number in _possible_readings(remote, profile):
            await self._resolver.expect(tenant.id, click.extension, number, call_id)
        # without its code the call would show the number that the user asked to hide
        dialled = code + format_number(remote, dial_link.spelling, profile)
        link = fill_link(dial_link.link, dialled, remote.ext)
        by_hand = "" if has_place_for_ext(dial_link.link) else remote.ext
        if click.key:
            await self._idempotency.complete(tenant.id, call_id, fingerprint, link, by_hand)
        return call_id, link, by_hand

    async def _publish(
        self, tenant: Tenant, click: Click, call_id: str, remote: RemoteNumber
    ) -> None:
        observation = Observation(
            call_id=call_id,
            phase="dialed",
            extension=click.extension,
            remote=remote,
            at=self._clock(),
            direction="outbound",
            identity="click",
        )
        await self._spool.publish(CallObserved(tenant=tenant.id, observation=observation))
        log.info("clicked", call=call_id, tenant=tenant.id, extension=click.extension)

    def _device(self, tenant: Tenant, extension: str) -> StoredDevice | None:
        """The active device with this extension, preferably one with a dial link."""
        devices = [
            device
            for device in self._devices
            if (device.tenant, device.extension, device.active) == (tenant.id, extension, True)
        ]
        return min(devices, key=lambda device: (device.dial is None, device.id), default=None)

    async def _profile(self, tenant: Tenant, device: StoredDevice | None) -> NumberProfile:
        try:
            return (await self._configs.of(tenant, device)).profile if device else tenant.numbers
        except HitError:  # the stored mapping is no longer valid; a click needs only the numbers
            return tenant.numbers

    async def _dial_link(self, tenant: Tenant, user: str, device: StoredDevice | None) -> DialLink:
        try:
            of_user = await self._links.get(tenant.id, user)
        except UnavailableError as error:
            log.warning("dial link not read", tenant=tenant.id, user=user, error=str(error))
            of_user = None
        # Without validation: a link that was stored before a rule became stricter still works.
        of_tenant = DialLink.model_construct(link=tenant.dial_link, spelling=tenant.dial_spelling)
        return of_user or (device and device.dial) or of_tenant


def _possible_readings(remote: RemoteNumber, profile: NumberProfile) -> list[RemoteNumber]:
    """The numbers that the hit of this call may contain, whichever format the phone dialled.

    A phone reports the digits it dialled, and they can read as another number: 0176 04069001 with
    the outside prefix 0 has the digits of a number in California.
    """
    formatted = (format_number(remote, f, profile) for f in get_args(DialFormat))
    numbers = (remote, *(normalise(text, profile) for text in formatted))
    return list({counterpart_of(number): number for number in numbers}.values())


def _call_id(tenant: Tenant, click: Click) -> str:
    """A UUIDv5 of the click's key, so that every instance computes one id without shared state."""
    if click.key is None:
        return str(uuid4())
    # U+001F, the unit separator, is in none of the parts: the route admits only printable ASCII.
    return str(uuid5(_NAMESPACE, "\x1f".join((tenant.id, click.user, click.key))))
