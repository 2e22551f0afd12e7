"""
Stores, as the settings declare them.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.access import needs
from api.bodies import Out, Page
from api.depends import Here, Who

router = APIRouter(prefix="/v1/stores", tags=["stores"])


class StoreOut(Out):
    """A store; ``preparation_s`` is the usual time from order to ready."""

    id: str
    name: str
    lat: float
    lon: float
    preparation_s: int


@router.get("", summary="List stores", dependencies=[needs("stores.read")])
async def list_stores(zone: Here, _: Who) -> Page[StoreOut]:
    """Answers all stores."""
    stores = zone.settings.stores().values()
    return Page(items=[StoreOut.model_validate(s, from_attributes=True) for s in stores])
