"""
Options of the commands that run a service, or show how it would run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None, typer.Option(help="TOML file with the settings; $DISPATCH_CONFIG if absent.")
]
CityDir = Annotated[Path | None, typer.Option("--city", help="City directory.")]
ProfileName = Annotated[str | None, typer.Option("--profile", help="How couriers get about.")]
Osrm = Annotated[str | None, typer.Option(help="OSRM server for travel times, http://HOST:PORT.")]
Db = Annotated[
    str | None,
    typer.Option(help="Database, sqlite:///PATH or postgresql://USER@HOST/NAME."),
]
Host = Annotated[str | None, typer.Option(help="Address to listen on; loopback without tokens.")]
Access = Annotated[str | None, typer.Option(help="local, or tokens: whom to answer.")]
Port = Annotated[int | None, typer.Option(help="Port; 0 takes any that is free.")]
ClockKind = Annotated[str | None, typer.Option("--clock", help="system or manual.")]
