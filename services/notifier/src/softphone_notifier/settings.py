"""What notifier is told beyond what every service is told."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from softphone_common.process.settings import PREFIX, Settings


class NotifierSettings(Settings):
    """Times are seconds."""

    token_seconds: int = Field(900, ge=30, description="How long a token lives")
    session_seconds: int = Field(2_592_000, ge=60, description="How long a sign-in can be renewed")
    password_min: int = Field(10, ge=8, description="Characters of a new password")
    operator_password: SecretStr | None = Field(
        None,
        description="Makes the first operator: tenant `operator`, login `operator`;"
        " as long as any password",
    )
    origins: list[str] = Field(
        default_factory=list,
        description="Other origins whose pages may open the socket and sign in",
    )
    signin_failures_max: int = Field(
        10, ge=1, description="Wrong passwords for one login from one network in five minutes"
    )
    login_failures_max: int = Field(
        300, ge=1, description="The same, from all networks together; more than from one"
    )
    address_failures_max: int = Field(
        100, ge=1, description="Wrong passwords and renewals of one address in five minutes"
    )
    signins_max: int = Field(200, ge=1, description="Sign-ins under way at once")
    renewals_max: int = Field(60, ge=1, description="Renewals of one sign-in in a minute")
    hellos_max: int = Field(1000, ge=1, description="Sockets that have not said hello")
    hellos_address_max: int = Field(200, ge=1, description="The same, of one address")
    sockets_user_max: int = Field(20, ge=1, description="Sockets of a user; then the oldest goes")
    sockets_tenant_max: int = Field(5000, ge=1, description="Sockets of a tenant, of one process")
    frames_per_minute: int = Field(60, ge=1, description="Frames a browser may send")
    hello_seconds: float = Field(10, gt=0, description="The first frame must come within this")
    session_frames_max: int = Field(256, ge=2, description="Frames a slow browser may fall behind")
    replay_max: int = Field(2000, ge=1, description="Frames of a tenant kept for reconnects")
    linger_seconds: float = Field(
        60, ge=0, description="A tenant is heard on after its last socket"
    )
    finished_seconds: float = Field(
        600, ge=0, description="A finished call is remembered this long"
    )
    late_seconds: float = Field(
        600, ge=1, description="A call heard of later than this pops up nowhere"
    )
    calls_max: int = Field(10_000, ge=1, description="Calls of a tenant remembered at once")
    users_max: int = Field(5000, ge=1, description="Users a tenant may have")

    @field_validator("operator_password")
    @classmethod
    def _as_long_as_any(cls, given: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        """An empty one is given too: it would be an operator everybody can be."""
        least = others.data.get("password_min", 0)
        if given is not None and len(given.get_secret_value()) < least:
            raise ValueError(f"has less than {least} characters")
        return given

    @field_validator("login_failures_max")
    @classmethod
    def _more_than_one_network(cls, given: int, others: ValidationInfo) -> int:
        """Else who guesses in one network keeps everybody out."""
        least = others.data.get("signin_failures_max", 0)
        if given <= least:
            raise ValueError(f"must be more than {PREFIX}SIGNIN_FAILURES_MAX, which is {least}")
        return given
