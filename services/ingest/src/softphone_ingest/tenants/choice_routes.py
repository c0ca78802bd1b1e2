"""The choices of forms, `/api/regions` and `/api/time-zones`, for pages that set a company up."""

from functools import cache
from zoneinfo import available_timezones

from fastapi import APIRouter
from pydantic import BaseModel

from softphone_common.domain.numbers.notation.regions import regions
from softphone_common.http.paging import Page


class RegionOutput(BaseModel):
    """A country: its code in number profiles, its country code, its German and English name."""

    region: str
    country_code: int
    name_de: str
    name_en: str


@cache
def time_zones() -> frozenset[str]:
    """The time zones of this machine, by their IANA names."""
    return frozenset(available_timezones())


class ChoiceApi:
    """Lists that are the same for everybody, and need no token: the first start has none yet."""

    def __init__(self) -> None:
        self.router = APIRouter(prefix="/api", tags=["administration"])
        self.router.add_api_route("/regions", self.list_regions, methods=["GET"])
        self.router.add_api_route("/time-zones", self.list_time_zones, methods=["GET"])

    async def list_regions(self) -> Page[RegionOutput]:
        """Lists the countries a number profile may have, by code, with their names."""
        return Page(
            items=[
                RegionOutput(
                    region=each.region,
                    country_code=each.country_code,
                    name_de=each.name_de,
                    name_en=each.name_en,
                )
                for each in regions()
            ]
        )

    async def list_time_zones(self) -> Page[str]:
        """Lists the time zones a tenant may have, by their IANA names."""
        return Page(items=sorted(time_zones()))
