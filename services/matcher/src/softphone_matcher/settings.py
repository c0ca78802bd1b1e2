"""The settings of matcher, in addition to those of every service."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from softphone_common.process.sealing import sealing_keys
from softphone_common.process.settings import Settings
from softphone_matcher.outbound.hosts import source_hosts


def _sealing(keys: SecretStr) -> SecretStr:
    sealing_keys(keys.get_secret_value())
    return keys


def _hosts(text: str) -> str:
    source_hosts(text)
    return text


class MatcherSettings(Settings):
    """Limits of the directory and its matches."""

    matches_max: int = Field(
        50, ge=1, description="Records that a call shows for its number; further ones are left out"
    )
    lookups_max: int = Field(
        600,
        ge=1,
        description="Numbers that one API key may look up in a minute at `/api/lookup`,"
        " in each process",
    )
    record_numbers_max: int = Field(50, ge=1, description="Numbers that one record may have")
    upload_max: int = Field(
        8_388_608,
        ge=65_536,
        description="Bytes of a request with records of an application or a file of contacts",
    )
    imports_open_max: int = Field(
        5, ge=1, description="Imports of a tenant that may wait or run at once"
    )
    imports_kept: int = Field(
        100, ge=1, description="Imports that ended and are kept of a tenant, with their reports"
    )
    import_lease_seconds: float = Field(
        60,
        ge=1,
        description="Seconds after which another matcher goes on with an import whose worker died",
    )
    import_removals_percent: float = Field(
        10,
        ge=0,
        le=100,
        description="Share of the records of a source, in percent, that a complete file may remove"
        " without an administrator's confirmation",
    )
    import_check_seconds: float = Field(
        5, gt=0, description="Seconds between two looks at imports that other matchers have taken"
    )
    source_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        "",
        description="Hosts that administrators may have read as sources, comma-separated, such as"
        " `crm.example.com, *.example.com:8443`; a star stands for any name in front. Without a"
        " port the one of the scheme is meant. Without a host no source can be read",
    )
    source_keys: Annotated[SecretStr, AfterValidator(_sealing)] | None = Field(
        None,
        description="Keys that encrypt the secrets of sources in the store, comma-separated: random"
        " texts of 32 characters or more; the first encrypts, all decrypt. Without a key no source"
        " can have a secret",
    )
    sources_max: int = Field(20, ge=1, description="Sources that one tenant can have")
    source_bytes_max: int = Field(
        33_554_432, ge=65_536, description="Bytes of the texts that are kept of one run of a source"
    )
    source_pages_max: int = Field(2000, ge=1, description="Pages of a source that one run reads")
    source_seconds: float = Field(
        3600, gt=0, description="Seconds in which a run has to have asked for its last page"
    )
    source_answer_seconds: float = Field(
        30,
        gt=0,
        description="Seconds that a source has for one answer; one of more than"
        " `SOFTPHONE_UPLOAD_MAX` bytes is not read",
    )
    source_retry_seconds: float = Field(
        30,
        gt=0,
        description="Seconds until a page that did not come is asked for again; twice as long after"
        " each further time, and three times in all",
    )
