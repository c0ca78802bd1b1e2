"""The settings of notifier, in addition to those of every service."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from softphone_common.process.settings import PREFIX, Settings


class NotifierSettings(Settings):
    """Limits of sockets and sign-ins under way are for one process; failures are for all."""

    token_seconds: int = Field(900, ge=30, description="Seconds a token is valid.")
    session_seconds: int = Field(
        2_592_000, ge=60, description="Seconds after a sign-in in which its session can be renewed."
    )
    password_min: int = Field(10, ge=8, description="Characters a new password must have.")
    operator_password: SecretStr | None = Field(
        None,
        description="Password of the first operator (tenant `operator`, login `operator`), who is"
        " created if the installation has no operator. It must be as long as any password.",
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
        100, ge=1, description="Failed sign-ins and renewals in five minutes from one network."
    )
    signins_max: int = Field(
        200, ge=1, description="Sign-ins under way at once; one more is answered with 503."
    )
    renewals_max: int = Field(60, ge=1, description="Renewals of one session in a minute.")
    hellos_max: int = Field(
        1000, ge=1, description="Websockets that may wait for their hello at once."
    )
    hellos_address_max: int = Field(
        200, ge=1, description="Websockets of one network that may wait for their hello at once."
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
    hello_seconds: float = Field(
        10, gt=0, description="Seconds after its opening in which a websocket must send its hello."
    )
    session_frames_max: int = Field(
        256, ge=2, description="Frames queued for a slow browser before its websocket is closed."
    )
    replay_max: int = Field(
        2000, ge=1, description="Frames of one tenant that are kept for browsers that reconnect."
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
