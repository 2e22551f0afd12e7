"""
The settings of a service: one TOML file, every field with a default, unknown keys refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

import scenarios
from api.calendar_settings import CalendarSettings, spans_of
from api.service_settings import CLOCK_KINDS, YEAR_S, ServiceSettings, service_json
from api.settings_sources import CONFIG, PREFIX, laid_over, near, read_toml, variables_of
from dispatch.datum import Datum, to_wgs84
from dispatch.errors import DispatchError, InvalidRequest
from dispatch.orders import Store
from dispatch.policy import Policy
from dispatch.profiles import load_profiles
from dispatch.promises import SHIPPED, Service

MAX_BODY = 1024 * 1024
"""Bytes of a request's body that are read at most, where nothing else is said."""

DATABASE = r"^(sqlite:///|postgresql(\+psycopg)?://).+"
"""URLs of files and of servers."""

EMBEDDED_CITY = Path(scenarios.__file__).parent / "data" / "helsinki"
"""Central Helsinki, which comes with the package."""


class StoreSettings(BaseModel):
    """
    A store of the zone; ``preparation_s`` is the usual time from order to ready.

    A promise that lies outside its daily ``hours`` is warned of (empty: it is always staffed).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: Annotated[str, Field(pattern=r"^st_[A-Za-z0-9_-]{1,50}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    datum: Datum = Datum.WGS84
    preparation_s: Annotated[int, Field(ge=0, le=24 * 3600)] = 240
    hours: tuple[str, ...] = ()

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        if hours:
            spans_of(hours)
        return hours

    def to_domain(self) -> Store:
        """Returns the store as a value of the business."""
        lat, lon = to_wgs84((self.lat, self.lon), self.datum)
        hours = spans_of(self.hours) if self.hours else ()
        return Store(self.id, self.name, lat, lon, self.preparation_s, hours)


BOUNDS = ("shed_after_s", "refuse_after_s", "refuse_all_after_s")
"""The settings of a backlog's bounds, each at least as much as the one before."""

HELSINKI_STORE = StoreSettings(id="st_1", name="Helsinki centre", lat=60.1699, lon=24.9415)
"""The store of the embedded city."""


def is_loopback(host: str) -> bool:
    """Returns whether an address, or ``localhost``, can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """Returns whether a text is an http or https address of a server, and no secret with it."""
    try:
        parts = urlsplit(text)
        # Reading the port raises for what is none.
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    more = parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", text)
    return bool(known and not more)


def default_workers() -> int:
    """Returns the search workers to start: all cores but one, and one at least."""
    return max(1, (os.cpu_count() or 1) - 1)


HostName = Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})$")]
"""A name, or an address, under which the service is asked for; no port."""

Address = Annotated[str, Field(pattern=r"^[0-9A-Fa-f:.]+(/\d{1,3})?$")]
"""An IP address, or a network of them."""

TILES = re.compile(
    r"(https://[a-z0-9.-]+(?::\d{1,5})?|http://(?:127\.0\.0\.1|localhost)(?::\d{1,5})?)"
    r"/(?=[^{}]*(?:\{[xyz]\}[^{}]*){3}$)(?=.*\{x\})(?=.*\{y\})(?=.*\{z\})[!-~]+"
)
"""
A template of the addresses of tiles, its origin first.

https, since pages that came by it show nothing else; a server of this machine may do without.
"""


class Settings(BaseModel):
    """
    Everything about one service that can be chosen.

    ``access`` ``local`` answers whoever sits at this machine, ``tokens`` those who show one; then
    ``allowed_hosts`` are the names it answers for (empty: any), and ``trusted_proxies`` addresses
    of proxies that tell whose request they pass on. ``workers`` 0 leaves plans as the insertion
    made them. ``clock_start`` is where a manual clock starts (None: the time of starting). Where
    what is asked of the zone would wait longer than ``shed_after_s``, no better plans are looked
    for; beyond ``refuse_after_s`` new work of clients is refused, beyond ``refuse_all_after_s``
    everything. ``service`` adds to the services that ship or replaces them by name;
    ``webhooks_allow_loopback`` lets webhooks be sent to this machine, by http too, for tests;
    positions are kept for ``positions_keep_s``, names, phone numbers and notes for
    ``contacts_keep_s`` after they were last needed; the first ``calendar`` is the usual one.
    ``policy`` holds figures that differ from the defaults. ``vroom_…`` bound requests in VROOM's
    format: processes that answer them, tasks, vehicles, bytes, and seconds of search, usual and at
    most. ``map_tiles`` is a template of addresses of tiles that are drawn over the city's own map,
    None for none, and ``map_tiles_attribution`` whose. With ``osrm`` travel times are those
    of the server there, ``profile`` is the name in its addresses, and ``search`` stays ``auto``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    zone: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] = "helsinki"
    city: Path = EMBEDDED_CITY
    # Before `profile` and `search`, whose checks look at it.
    osrm: str | None = None
    profile: str = "ebike"
    search: Literal["auto", "cch", "dijkstra"] = "auto"
    db: Annotated[str, Field(pattern=DATABASE)] = "sqlite:///dispatch.db"
    # Before `host`, whose check looks at it.
    access: Literal["local", "tokens"] = "local"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    allowed_hosts: tuple[HostName, ...] = ()
    trusted_proxies: tuple[Address, ...] = ()
    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = 20
    requests_at_once: Annotated[int, Field(ge=1, le=10_000)] = 16
    clock: Literal["system", "manual"] = "system"
    clock_start: AwareDatetime | None = None
    workers: Annotated[int, Field(ge=0, le=256)] = Field(default_factory=default_workers)
    search_seconds: Annotated[float, Field(gt=0, le=60)] = 0.2
    polish_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    vroom_workers: Annotated[int, Field(ge=1, le=64)] = 1
    vroom_locations: Annotated[int, Field(ge=1, le=10_000)] = 1000
    vroom_vehicles: Annotated[int, Field(ge=1, le=10_000)] = 200
    vroom_bytes: Annotated[int, Field(ge=1024, le=2**28)] = MAX_BODY
    vroom_seconds: Annotated[float, Field(gt=0, le=600)] = 1.0
    vroom_most_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    webhooks_allow_loopback: bool = False
    map_tiles: str | None = None
    map_tiles_attribution: str = ""
    positions_keep_s: Annotated[int, Field(ge=60, le=YEAR_S)] = 72 * 3600
    contacts_keep_s: Annotated[int, Field(ge=24 * 3600, le=10 * YEAR_S)] = 180 * 24 * 3600
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    shed_after_s: Annotated[float, Field(gt=0, le=3600)] = 1.0
    refuse_after_s: Annotated[float, Field(gt=0, le=3600, validate_default=True)] = 10.0
    refuse_all_after_s: Annotated[float, Field(gt=0, le=3600, validate_default=True)] = 30.0
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    store: Annotated[tuple[StoreSettings, ...], Field(min_length=1)] = (HELSINKI_STORE,)
    service: tuple[ServiceSettings, ...] = ()
    calendar: Annotated[tuple[CalendarSettings, ...], Field(min_length=1)] = (CalendarSettings(),)
    policy: dict[str, int | float] = Field(default_factory=dict)

    @field_validator("osrm")
    @classmethod
    def _address(cls, osrm: str | None) -> str | None:
        if osrm is not None and not is_address(osrm):
            raise ValueError(
                f"{osrm!r} is no address of a server; give one like http://127.0.0.1:5000, "
                "without user, password or query"
            )
        return osrm

    @property
    def tiles_origin(self) -> str:
        """Where tiles of the map come from, empty where there are none."""
        found = TILES.fullmatch(self.map_tiles or "")
        return found[1] if found else ""

    @field_validator("map_tiles")
    @classmethod
    def _template(cls, tiles: str | None) -> str | None:
        if tiles is not None and not TILES.fullmatch(tiles):
            raise ValueError(
                f"{tiles!r} is no template of tiles; give one like "
                "https://tile.openstreetmap.org/{z}/{x}/{y}.png, which has {z}, {x} and {y} once"
            )
        return tiles

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, profile: str, info: ValidationInfo) -> str:
        if info.data.get("osrm") is None:
            try:
                load_profiles().of(profile)
            except DispatchError as error:
                raise ValueError(str(error)) from error
        elif not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", profile):
            raise ValueError(f"{profile!r} is no profile in an OSRM server's addresses, like car")
        return profile

    @field_validator("search")
    @classmethod
    def _own_search(cls, search: str, info: ValidationInfo) -> str:
        if search != "auto" and info.data.get("osrm") is not None:
            raise ValueError(
                f"{search!r} is a search of the engine of the house, but osrm has another server "
                "find the ways; leave one of the two out"
            )
        return search

    @field_validator("host")
    @classmethod
    def _loopback_only(cls, host: str, info: ValidationInfo) -> str:
        if info.data.get("access") == "local" and not is_loopback(host):
            raise ValueError(
                f"{host!r} can be reached from other machines, and without tokens whoever reaches "
                'the service may do everything; set access = "tokens", or listen on loopback '
                "(127.0.0.1, ::1, localhost)"
            )
        return host

    @field_validator("refuse_after_s", "refuse_all_after_s")
    @classmethod
    def _rises(cls, bound: float, info: ValidationInfo) -> float:
        before = BOUNDS[BOUNDS.index(info.field_name or "") - 1]
        least = info.data.get(before, 0.0)
        if bound < least:
            raise ValueError(
                f"{bound} is less than {before}, which is {least}: searches are given up first, "
                "then new work of clients, then the rest"
            )
        return bound

    @field_validator("store")
    @classmethod
    def _stores_once(cls, stores: tuple[StoreSettings, ...]) -> tuple[StoreSettings, ...]:
        ids = [store.id for store in stores]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"store ids must differ, {', '.join(twice)} is there twice")
        return stores

    @field_validator("service")
    @classmethod
    def _services_once(cls, services: tuple[ServiceSettings, ...]) -> tuple[ServiceSettings, ...]:
        names = [service.name for service in services]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"service names must differ, {', '.join(twice)} is there twice")
        return services

    @field_validator("policy")
    @classmethod
    def _known_figures(cls, figures: dict[str, int | float]) -> dict[str, int | float]:
        try:
            Policy.from_mapping(figures)
        except InvalidRequest as error:
            raise ValueError(str(error)) from error
        return figures

    def policy_values(self) -> Policy:
        """Returns the figures of the zone, the defaults included."""
        return Policy.from_mapping(self.policy)

    def stores(self) -> dict[str, Store]:
        """Returns the stores by id."""
        return {store.id: store.to_domain() for store in self.store}

    def services(self) -> dict[str, Service]:
        """Returns the services on offer by name, those that ship first."""
        own = (service.to_domain() for service in self.service)
        return {service.name: service for service in (*SHIPPED, *own)}

    def as_json(self) -> dict[str, Any]:
        """Returns all settings as they are in force, the defaults included, but no password."""
        return self.model_dump(mode="json") | {
            "db": re.sub(r"(:[^/@:]*|password=[^&]*)(?=@|&|$)", "", self.db),
            "policy": asdict(self.policy_values()),
            "service": [service_json(service) for service in self.services().values()],
            "calendar": [calendar.model_dump(mode="json") for calendar in self.calendar],
        }


def read_settings(path: Path | None, **overrides: object) -> Settings:
    """
    Returns the settings of a file, under those of the environment, under overrides not None.

    ``path`` None: the file that ``DISPATCH_CONFIG`` names, or none. Raises InvalidRequest that
    names the file or variable, the key and what is wrong with it. A relative city or database is
    looked for where the service is started.
    """
    if path is None and CONFIG in os.environ:
        path = Path(os.environ[CONFIG])
    told = variables_of(os.environ, Settings.model_fields)
    given = laid_over({} if path is None else read_toml(path), told)
    set_here = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(given | set_here)
    except ValidationError as error:
        raise _faulty(path, told.keys() - set_here.keys(), error) from error


def start_of(settings: Settings, now: datetime) -> int:
    """Returns where a manual clock starts, in Unix seconds."""
    return int((settings.clock_start or now).timestamp())


def _faulty(path: Path | None, variables: Set[str], error: ValidationError) -> InvalidRequest:
    faults, of_file = [], False
    for fault in error.errors():
        where = [str(part) for part in fault["loc"]]
        if where and where[0] in variables:
            where[0] = f"{PREFIX}{where[0].upper()}"
        else:
            of_file = True
        meant = _meant(fault["loc"]) if fault["type"] == "extra_forbidden" else ""
        faults.append(f"{'.'.join(where)}: {fault['msg']}{meant}")
    return InvalidRequest(
        "; ".join(faults) + ".",
        at=str(path) if path and of_file else "settings",
        cure="See `dispatch config show` for the settings there are.",
    )


def _meant(place: Sequence[str | int]) -> str:
    """Returns a question for the key that was meant where there is none of that name."""
    *outer, name = place
    kind = next((TABLE_KINDS[part] for part in reversed(outer) if part in TABLE_KINDS), Settings)
    return near(str(name), kind.model_fields)


TABLE_KINDS: Mapping[str | int, type[BaseModel]] = {
    "store": StoreSettings,
    "service": ServiceSettings,
    "calendar": CalendarSettings,
    **CLOCK_KINDS,
}
"""What the keys of a table of the settings are, by its name; of a clock, by its kind."""
