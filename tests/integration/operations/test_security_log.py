"""Acts of people are in the security log of the tenant they concern, and only there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from softphone_common.bus import topology
from softphone_common.contracts.entities import AuditEvent
from softphone_notifier.second_factor.codes import secret_bytes
from softphone_testing.activation_codes import code
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.bus.broker import broker_channel
from support.bus.dead_letters import missed_call, put_message
from support.product import PASSWORD, Json
from support.stack import import_acts, source_acts
from support.stack.installation import Installation
from support.tenant.company import Company, Person

NUMBER = "08999998001"
NAME = "Erika Mustermann"
TYPED = "a-password-typed-as-login"
SETTINGS = {"signin_failures_max": 3, "clean_up_grace_seconds": 60}
SIGNED = {"name": NAME, "preset": "twilio"}
RENEWED_LATER, SWEPT_LATER = timedelta(seconds=61), timedelta(minutes=2)


class Acts:
    """Everything that is recorded, done once at one tenant, with the answers' statuses checked."""

    def __init__(self, installation: Installation, company: Company, operator: Person) -> None:
        self._installation = installation
        self.company = company
        self.tenant = company.tenant
        self.operator = operator
        self.expected: set[tuple[str, str, str]] = set()
        """Event, actor and target of each act."""

    async def ask(self, method: str, path: str, who: Person, json: Any = None) -> Json:
        answer = await self._installation.ask(method, path, who.token, json)
        assert answer.is_success, (path, answer.text)
        return dict(answer.json()) if answer.content else {}

    def expect(self, event: str, who: Person | None, target: str) -> None:
        self.expected.add((event, who.id if who else "", target))

    async def accounts(self) -> None:
        admin = self.company.admin
        added = await self.ask(
            "POST", "/api/users", admin, {"login": "eva", "password": PASSWORD, "name": NAME}
        )
        user = f"user/{added['id']}"
        path = f"/api/users/{added['id']}"
        eva = Person(added["id"], self.tenant, "eva", "user", "")
        signed = await self._installation.sign_in(self.tenant, "eva")
        cookie = f"softphone_session={signed.cookies['softphone_session']}"
        gone = await self._installation.ask("DELETE", "/api/session", headers={"Cookie": cookie})
        assert gone.status_code == 204
        await self._own_sessions(eva, user)
        signed = await self._installation.sign_in(self.tenant, "eva")
        await self._refused(replace(eva, token=signed.json()["token"]))
        for changes in ({"role": "admin"}, {"password": f"{PASSWORD}!"}, {"extensions": ["33"]}):
            await self.ask("PATCH", path, admin, changes)
        await self._locked_and_invited(eva, path, user)
        statuses = [
            (await self._installation.sign_in(self.tenant, "eva", "wrong one")).status_code
            for _ in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await self._installation.sign_in(self.tenant, TYPED)).status_code == 401
        await self.ask("DELETE", path, admin)
        for event in ("user-added", "role-changed", "password-changed", "user-changed"):
            self.expect(event, admin, user)
        self.expect("user-removed", admin, user)
        for event, who in (("sign-in", eva), ("sign-out", eva), ("sign-in", None)):
            self.expect(event, who, user)
        self.expect("sign-in-locked", None, user)

    async def _locked_and_invited(self, eva: Person, path: str, user: str) -> None:
        admin = self.company.admin
        for locked in (True, False):
            await self.ask("PATCH", path, admin, {"locked": locked})
        await self.ask("DELETE", f"{path}/sessions", admin)
        url = (await self.ask("POST", f"{path}/invitation", admin))["url"]
        body = {"token": url.rpartition("/")[2], "password": PASSWORD}
        accepted = await self._installation.ask("POST", "/api/invitations/accept", json=body)
        assert accepted.status_code == 200
        self.expect("invitation-accepted", eva, user)
        await self._second_factor(eva, path, user)
        for event in ("user-locked", "user-unlocked", "sessions-ended", "invitation-made"):
            self.expect(event, admin, user)

    async def _second_factor(self, eva: Person, path: str, user: str) -> None:
        token = (await self._installation.sign_in(self.tenant, "eva")).json()["token"]
        eva, own = replace(eva, token=token), "/api/me/second-factor"
        secret = (await self.ask("POST", own, eva, {"password": PASSWORD}))["secret"]
        now = self._installation.clock().timestamp()
        code_ = TOTP(secret_bytes(secret), 6, SHA1(), 30).generate(now).decode()
        codes = await self.ask("POST", f"{own}/confirm", eva, {"code": code_})
        body = {"tenant": self.tenant, "login": "eva", "password": PASSWORD}
        body["code"] = codes["recovery_codes"][0]
        signed = await self._installation.ask("POST", "/api/session", json=body)
        assert signed.status_code == 201
        await self.ask("DELETE", f"{path}/second-factor", self.company.admin)
        self.expect("second-factor-added", eva, user)
        self.expect("recovery-code-used", eva, user)
        self.expect("second-factor-removed", self.company.admin, user)

    async def _own_sessions(self, eva: Person, user: str) -> None:
        signed = await self._installation.sign_in(self.tenant, "eva")
        await self.ask("DELETE", "/api/sessions", replace(eva, token=signed.json()["token"]))
        old = {"Cookie": f"softphone_session={signed.cookies['softphone_session']}"}
        renewed = await self._installation.ask("POST", "/api/session/renew", headers=old)
        assert renewed.status_code == 201
        new = {"Cookie": f"softphone_session={renewed.cookies['softphone_session']}"}
        used = await self._installation.ask("POST", "/api/session/renew", headers=new)
        assert used.status_code == 201
        self._installation.clock.move(RENEWED_LATER)
        reused = await self._installation.ask("POST", "/api/session/renew", headers=old)
        assert reused.json()["code"] == "session-reused"
        self.expect("sessions-ended", eva, user)
        self.expect("session-reused", None, user)

    async def _refused(self, user: Person) -> None:
        """A role that the user lacks, another tenant, and a role above the administrator's."""
        attempts = (
            (user, "GET", "/api/users", None),
            (self.company.admin, "GET", "/api/users?tenant=operator", None),
            (self.company.admin, "PATCH", f"/api/users/{user.id}", {"role": "operator"}),
        )
        for who, method, path, body in attempts:
            answer = await self._installation.ask(method, path, who.token, body)
            assert answer.status_code == 403
            self.expect("access-refused", who, "")

    async def devices(self) -> None:
        admin = self.company.admin
        device = (await self.ask("POST", "/api/devices", admin, SIGNED))["id"]
        path = f"/api/devices/{device}"
        await self.ask("GET", f"{path}/urls", admin)
        await self.ask("POST", f"{path}/key", admin)
        await self.ask("PATCH", path, admin, {"name": NUMBER})
        await self.ask("POST", f"{path}/test", admin, {"extension": "21"})
        await self.ask("PATCH", path, admin, {"secret": "s" * 20})
        await self.ask("DELETE", path, admin)
        for event in ("added", "changed", "removed"):
            self.expect(f"device-{event}", admin, f"device/{device}")
        for event in ("key-shown", "key-replaced", "secret-changed", "test-call-made"):
            self.expect(event, admin, f"device/{device}")

    async def calls(self) -> None:
        admin = self.company.admin
        record = await self._installation.make_record(self.tenant, NUMBER, NAME)
        call = await self.company.phone.post_hits(
            "ringing", "missed", call_id="a", extension="21", number=NUMBER, name=NAME
        )
        await self._installation.logged(admin.token, call, phase="missed")
        comment = await self.ask("POST", f"/api/calls/{call}/comments", admin, {"text": NAME})
        await self.ask("DELETE", f"/api/calls/{call}/comments/{comment['id']}", admin)
        await self.ask("POST", f"/api/recycle-bin/comments/{comment['id']}/restore", admin)
        await self.ask("DELETE", f"/api/calls/{call}", admin)
        await self.ask("POST", f"/api/recycle-bin/{call}/restore", admin)
        await self.ask("DELETE", f"/api/directory/records/{record}", admin)
        await self.ask("POST", f"/api/directory/recycle-bin/{record}/restore", admin)
        other = await self._installation.make_record(self.tenant, NUMBER, NAME)
        await self.ask("POST", f"/api/directory/records/{record}/merge", admin, {"other": other})
        for event in ("deleted", "restored"):
            self.expect(f"comment-{event}", admin, f"comment/{comment['id']}")
            self.expect(f"call-{event}", admin, f"call/{call}")
        for event in ("record-removed", "record-restored", "records-merged"):
            self.expect(event, admin, f"record/{record}")
        imported = await import_acts.act(self._installation, admin.token, NAME)
        for event, target in (*imported, *await source_acts.act(self._installation, admin.token)):
            self.expect(event, admin, target)
        made = await self.ask("POST", "/api/keys", admin, {"name": "CRM", "scopes": ["calls:read"]})
        await self.ask("DELETE", f"/api/keys/{made['id']}", admin)
        self.expect("api-key-added", admin, f"api-key/{made['id']}")
        self.expect("api-key-removed", admin, f"api-key/{made['id']}")

    async def setup(self) -> None:
        account = {"code": "x" * 20, "login": TYPED, "password": PASSWORD}
        refused = await self._installation.ask("POST", "/api/setup", json=account)
        assert refused.status_code == 403

    async def tenants(self) -> None:
        admin, tenant = self.company.admin, self.tenant
        await self.ask("PATCH", "/api/tenant", admin, {"name": NAME})
        activation = {"code": code(tenant, now=self._installation.clock())}
        await self.ask("PUT", "/api/tenant/activation", admin, activation)
        await self.ask("PUT", f"/api/tenants/{tenant}", self.operator, {"name": NAME})
        for event, who in (("tenant-changed", admin), ("activation-changed", admin)):
            self.expect(event, who, f"tenant/{tenant}")
        self.expect("tenant-changed", self.operator, f"tenant/{tenant}")
        renewed = {"activation_code": code(tenant, now=self._installation.clock())}
        await self.ask("PUT", f"/api/tenants/{tenant}", self.operator, renewed)
        self.expect("activation-changed", self.operator, f"tenant/{tenant}")
        await self.ask("GET", f"/api/users?tenant={tenant}", self.operator)
        self.expect("users-read", self.operator, "")

    async def operations(self, rabbitmq: RealServer) -> None:
        stale = await self.company.phone.post_hits(
            "ringing", call_id="stale", extension="21", number=NUMBER
        )
        # a match that comes during the sweep would keep the call from it
        await self._installation.logged(
            self.company.admin.token, stale, phase="ringing", matched=True
        )
        self._installation.clock.move(SWEPT_LATER)
        request = {"tenant": self.tenant}
        sweep = (await self.ask("POST", "/api/sweeps", self.operator, request))["id"]
        self.expect("sweep-requested", self.operator, f"sweep/{sweep}")
        self.expect("calls-swept", None, f"sweep/{sweep}")
        async with broker_channel(rabbitmq.url) as channel:
            for _ in range(2):
                await put_message(
                    channel, missed_call(self.tenant)[1], topology.dead("calllog.call")
                )
        letters = f"/api/dead-letters?tenant={self.tenant}"

        async def kept() -> list[Json]:
            items: list[Json] = (await self.ask("GET", letters, self.operator))["items"]
            return items if len(items) == 2 else []

        self.expect("dead-letters-read", self.operator, "")
        first, second = [letter["id"] for letter in await until(kept, what="the letters")]
        await self.ask("GET", f"/api/dead-letters/{first}", self.operator)
        await self.ask("DELETE", f"/api/dead-letters/{first}", self.operator)
        await self.ask("POST", f"/api/dead-letters/{second}/replay", self.operator)
        for event, letter in (
            ("dead-letter-shown", first),
            ("dead-letter-removed", first),
            ("dead-letters-replayed", second),
        ):
            self.expect(event, self.operator, f"dead-letter/{letter}")
        await self.ask("GET", f"/api/audit?tenant={self.tenant}", self.operator)
        self.expect("audit-read", self.operator, "")


async def entries(installation: Installation, token: str, **filters: Any) -> list[Json]:
    """All pages of the security log."""
    items: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = await installation.get("/api/audit", token, limit=7, **filters, **cursor)
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


@pytest.fixture(scope="module")
async def acts(installation: Installation, rabbitmq: RealServer) -> Acts:
    tenant = await installation.make_tenant()
    admin = await installation.make_user(tenant, "admin", ("20",))
    operator = await installation.make_user("operator", "operator", ())
    phone = await installation.make_phone(tenant)
    company = Company(installation, tenant, phone, admin, admin)
    made = Acts(installation, company, operator)
    await made.accounts()
    await made.devices()
    await made.calls()
    await made.setup()
    await made.tenants()
    await made.operations(rabbitmq)
    return made


async def test_every_act_is_in_the_log_of_its_tenant(
    installation: Installation, acts: Acts
) -> None:
    of_tenant = set(get_args(AuditEvent)) - {"installation-set-up"}
    assert {event for event, _, _ in acts.expected} == of_tenant, "a new event needs an act here"

    async def recorded() -> bool:
        log = await entries(installation, acts.company.admin.token)
        assert {(e["event"], e["actor"], e["target"]) for e in log} >= acts.expected
        return True

    await until(recorded, what="all events")
    log = await entries(installation, acts.company.admin.token)
    assert {e["tenant"] for e in log} == {acts.tenant}
    assert len([e for e in log if e["event"] == "sign-in-locked"]) == 1
    by_event = {e["event"]: e for e in reversed(log)}
    assert by_event["role-changed"]["detail"] == "user-to-admin"
    assert "activation-code" not in str(log), "a code is an event of its own"
    assert by_event["user-added"]["target_login"] == "eva"
    assert by_event["user-added"]["actor_login"] == acts.company.admin.login
    by_nobody = {"calls-swept", "import-held", "import-finished"}
    assert {e["address"] for e in log if e["event"] not in by_nobody} == {"127.0.0.1"}
    assert all(e["trace"] for e in log)


async def test_log_holds_no_name_number_or_secret(installation: Installation, acts: Acts) -> None:
    everything = str(await entries(installation, acts.operator.token))
    for word in (NAME, NUMBER, NUMBER[1:], PASSWORD, TYPED, "s" * 20, acts.company.phone.key):
        assert word not in everything


async def test_log_is_filtered_by_actor_event_and_time(
    installation: Installation, acts: Acts
) -> None:
    token, operator = acts.company.admin.token, acts.operator
    mine = await entries(installation, token, actor=operator.id)
    assert {e["actor_login"] for e in mine} == {operator.login}
    shown = await entries(installation, token, event="key-shown")
    assert [e["event"] for e in shown] == ["key-shown"]
    whole = await entries(installation, token)
    middle = whole[len(whole) // 2]["time"]
    later = await entries(installation, token, **{"from": middle})
    earlier = await entries(installation, token, to=middle)
    assert len(later) + len(earlier) >= len(whole)
    assert {e["id"] for e in later} & {e["id"] for e in earlier} == set()


async def test_log_of_another_tenant_is_for_operators(
    installation: Installation, acts: Acts
) -> None:
    stranger = installation.token(await installation.make_tenant())
    assert acts.tenant not in str(await entries(installation, stranger))
    path = f"/api/audit?tenant={acts.tenant}"
    assert (await installation.ask("GET", path, stranger)).status_code == 403
    user = installation.token(acts.tenant, "user")
    assert (await installation.ask("GET", "/api/audit", user)).status_code == 403
    everybody = await entries(installation, acts.operator.token)
    assert {acts.tenant, "operator"} <= {e["tenant"] for e in everybody}
    refused = [e["outcome"] for e in everybody if e["event"] == "installation-set-up"]
    assert refused == ["refused"]
    unknown = [e for e in everybody if e["detail"] == "login-unknown"]
    assert {(e["tenant"], e["target"]) for e in unknown} == {("operator", "")}


async def test_sign_in_to_a_switched_off_tenant_is_recorded(
    installation: Installation, acts: Acts
) -> None:
    eva = await installation.make_user(await installation.make_tenant())
    path = f"/api/tenants/{eva.tenant}"
    await acts.ask("PUT", path, acts.operator, {"active": False})
    assert (await installation.sign_in(eva.tenant, eva.login)).status_code == 403

    async def recorded() -> bool:
        log = await entries(installation, acts.operator.token, tenant=eva.tenant, event="sign-in")
        newest = [(e["outcome"], e["target"], e["detail"]) for e in log][:1]
        assert newest == [("refused", f"user/{eva.id}", "tenant-switched-off")]
        return True

    await until(recorded, what="the refused sign-in")
