"""The settings of notifier, in addition to those of every service."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from softphone_common.http.auth import TOKEN_SECONDS_MAX
from softphone_common.process.ed25519 import decode_private_key, decode_public_keys
from softphone_common.process.sealing import sealing_keys
from softphone_common.process.settings import PREFIX
from softphone_notifier.openid_settings import OpenIdSettings


def _sealing(keys: SecretStr) -> SecretStr:
    sealing_keys(keys.get_secret_value())
    return keys


class NotifierSettings(OpenIdSettings):
    """Limits of sockets and sign-ins under way are for one process; failures are for all."""

    token_signing_key: SecretStr = Field(
        description="The private key (Ed25519, base64url or PEM) that signs the tokens of users;"
        " its public key is one of SOFTPHONE_TOKEN_PUBLIC_KEYS.",
    )
    token_seconds: int = Field(
        900,
        ge=30,
        le=TOKEN_SECONDS_MAX,
        description="Seconds a token is valid, at most a day: services remember for a day which"
        " tokens were revoked, also if the setting is lowered.",
    )
    session_seconds: int = Field(
        2_592_000, ge=60, description="Seconds after a sign-in in which its session can be renewed."
    )
    renewal_grace_seconds: float = Field(
        60,
        ge=0,
        description="Seconds a session cookie stays good after its renewal has replaced it, for"
        " tabs that renew at the same moment and for late answers. Its use after that ends the"
        " session, unless nobody has used the cookie that replaced it.",
    )
    sessions_user_max: int = Field(
        100,
        ge=1,
        description="Sessions of one user; for one more the one that was used longest ago can no"
        " longer be renewed.",
    )
    api_keys_max: int = Field(50, ge=1, description="API keys that one tenant can have.")
    password_min: int = Field(10, ge=8, description="Characters a new password must have.")
    invitation_seconds: int = Field(
        604_800,
        ge=60,
        description="Seconds in which a user can set a password with the link of an invitation.",
    )
    operator_password: SecretStr | None = Field(
        None,
        description="Password of the first operator (tenant `operator`, login `operator`), who is"
        " created if the installation has no operator. It must be as long as any password.",
    )
    setup_code: SecretStr | None = Field(
        None,
        min_length=16,
        description="One-time code with which `POST /api/setup` creates the first operator of an"
        " installation that has never had one. Without it nobody can.",
    )
    origins: list[str] = Field(
        default_factory=list,
        description="Other origins, as a JSON list, whose pages may sign in and open the"
        " websocket.",
    )
    signin_failures_max: int = Field(
        10,
        ge=1,
        description="Failed sign-ins in five minutes for one login from one network (an IPv4"
        " address or an IPv6 /64).",
    )
    login_failures_max: int = Field(
        300,
        ge=1,
        description="Failed sign-ins in five minutes for one login from all networks together;"
        " must be more than SOFTPHONE_SIGNIN_FAILURES_MAX.",
    )
    address_failures_max: int = Field(
        100,
        ge=1,
        description="Failed sign-ins, renewals and invitations in five minutes from one network.",
    )
    second_factor_failures_max: int = Field(
        30,
        ge=1,
        description="Wrong codes in an hour for one user from all networks together, counted after"
        " the right password only.",
    )
    second_factor_keys: Annotated[SecretStr, AfterValidator(_sealing)] | None = Field(
        None,
        description="Keys that encrypt the secrets of second factors in the store, comma-separated:"
        " random texts of 32 characters or more; the first encrypts, all decrypt. Without a key no"
        " second factor can be added.",
    )
    signins_max: int = Field(
        200, ge=1, description="Sign-ins under way at once; one more is answered with 503."
    )
    renewals_max: int = Field(60, ge=1, description="Renewals of one session in a minute.")
    hellos_max: int = Field(
        1000,
        ge=1,
        description="Websockets that may wait for their hello at once; for one more the oldest is"
        " closed.",
    )
    hellos_address_max: int = Field(
        100, ge=1, description="Websockets of one network that may wait for their hello at once."
    )
    sockets_user_max: int = Field(
        20, ge=1, description="Websockets of one user; for one more the oldest is closed."
    )
    sockets_tenant_max: int = Field(
        5000, ge=1, description="Websockets of one tenant; one more is refused."
    )
    frames_per_minute: int = Field(
        60, ge=1, description="Frames a browser may send in a minute before its websocket closes."
    )
    alive_seconds: float = Field(
        20,
        gt=0,
        description="Seconds between the `alive` frames of a websocket; after two of them without"
        " any frame the page connects anew.",
    )
    hello_seconds: float = Field(
        10, gt=0, description="Seconds after its opening in which a websocket must send its hello."
    )
    session_frames_max: int = Field(
        256, ge=2, description="Frames queued for a slow browser before its websocket is closed."
    )
    replay_max: int = Field(
        2000, ge=1, description="Frames of one tenant that are kept for browsers that reconnect."
    )
    replay_bytes_max: int = Field(
        8_388_608,
        ge=65_536,
        description="Bytes of memory that these frames of one tenant may take; the oldest are"
        " dropped first, and a browser that resumes before them reads the call list again.",
    )
    linger_seconds: float = Field(
        60,
        ge=0,
        description="Seconds a tenant's calls are followed after its last websocket has closed.",
    )
    finished_seconds: float = Field(
        600, ge=0, description="Seconds a finished call is kept in memory."
    )
    late_seconds: float = Field(
        600, ge=1, description="Seconds after which the first event of a call opens no popup."
    )
    calls_max: int = Field(10_000, ge=1, description="Calls of one tenant that are kept in memory.")
    users_max: int = Field(5000, ge=1, description="Users one tenant may have.")

    @field_validator("token_signing_key")
    @classmethod
    def _require_public_key(cls, key: SecretStr, others: ValidationInfo) -> SecretStr:
        public = decode_private_key(key.get_secret_value()).public_key()
        # otherwise every service would refuse every token, and only a user would notice
        if public not in decode_public_keys(others.data.get("token_public_keys", "")):
            raise ValueError(f"its public key is not one of {PREFIX}TOKEN_PUBLIC_KEYS")
        return key

    @field_validator("operator_password")
    @classmethod
    def _require_length(
        cls, password: SecretStr | None, others: ValidationInfo
    ) -> SecretStr | None:
        least = others.data.get("password_min", 0)
        # an empty variable counts as set: everybody could sign in as the operator
        if password is not None and len(password.get_secret_value()) < least:
            raise ValueError(f"has fewer than {least} characters")
        return password

    @field_validator("login_failures_max")
    @classmethod
    def _exceed_one_network(cls, failures: int, others: ValidationInfo) -> int:
        # otherwise guessing in one network would lock the user out in all networks
        least = others.data.get("signin_failures_max", 0)
        if failures <= least:
            raise ValueError(f"must be more than {PREFIX}SIGNIN_FAILURES_MAX, which is {least}")
        return failures
