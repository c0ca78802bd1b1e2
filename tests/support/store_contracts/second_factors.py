"""The behaviour of a SecondFactorStore, tested on MongoDB and in memory alike."""

from softphone_notifier.second_factor.store import SecondFactor, SecondFactorStore
from support.observations import at


def factor(user: str = "anna", secret: str = "sealed", tenant: str = "acme") -> SecondFactor:
    return SecondFactor(id=user, tenant=tenant, secret_sealed=secret, created_at=at(0))


class SecondFactorStoreContract:
    """Needs a fixture `factors` with an empty store."""

    async def test_an_enrolment_counts_once_confirmed(self, factors: SecondFactorStore) -> None:
        assert await factors.get("anna") is None
        assert not await factors.confirm("anna", 7, [])
        assert await factors.begin(factor(secret="first"))
        assert await factors.begin(factor(secret="second")), "the first was not confirmed"
        assert await factors.get("anna") == factor(secret="second")
        assert not await factors.use_step("anna", 8, "sealed")
        assert await factors.confirmed("acme") == set()
        assert await factors.confirm("anna", 7, ["a", "b"])
        assert not await factors.confirm("anna", 8, ["c"])
        assert not await factors.begin(factor(secret="third"))
        changes = {"confirmed": True, "last_step": 7, "recovery": ("a", "b")}
        assert await factors.get("anna") == factor(secret="second").model_copy(update=changes)

    async def test_a_step_is_used_once_and_forwards(self, factors: SecondFactorStore) -> None:
        await factors.begin(factor())
        await factors.confirm("anna", 7, [])
        assert not await factors.use_step("anna", 7, "x")
        assert await factors.use_step("anna", 9, "sealed anew")
        assert not await factors.use_step("anna", 9, "x")
        assert not await factors.use_step("anna", 8, "x")
        assert not await factors.use_step("bert", 10, "x")
        stored = await factors.get("anna")
        assert stored is not None
        assert (stored.last_step, stored.secret_sealed) == (9, "sealed anew")

    async def test_a_recovery_code_is_used_once(self, factors: SecondFactorStore) -> None:
        await factors.begin(factor())
        assert not await factors.use_recovery("anna", "a")
        await factors.confirm("anna", 7, ["a", "b"])
        assert await factors.use_recovery("anna", "a")
        assert not await factors.use_recovery("anna", "a")
        assert not await factors.use_recovery("bert", "b")
        stored = await factors.get("anna")
        assert stored is not None
        assert stored.recovery == ("b",)

    async def test_a_removed_factor_is_gone(self, factors: SecondFactorStore) -> None:
        for user, tenant in (("anna", "acme"), ("bert", "acme"), ("carl", "other")):
            await factors.begin(factor(user, tenant=tenant))
            await factors.confirm(user, 7, [])
        assert await factors.confirmed("acme") == {"anna", "bert"}
        assert await factors.remove("anna")
        assert not await factors.remove("anna")
        assert await factors.get("anna") is None
        assert await factors.confirmed("acme") == {"bert"}
        assert await factors.begin(factor())
