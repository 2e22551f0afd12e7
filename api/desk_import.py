"""
Sends a customer's desks to a service that runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2

from api.service_client import client_of
from dispatch.errors import InvalidRequest

TIMEOUT_S = 120
"""Longest wait for the answer; fifty thousand desks take a while."""


def import_desks(file: Path, customer: str, url: str, token: str | None = None) -> dict[str, Any]:
    """
    Returns what the service answered to a CSV file as all desks of a customer.

    ``token`` None: of a service that asks for none.

    Raises InvalidRequest for a file that cannot be read, a service that cannot be reached, and
    for rows that are wrong, all of them in its text.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        cure = "Name a CSV file that exists."
        what = f"This cannot be read: {error.strerror}."
        raise InvalidRequest(what, at=str(file), cure=cure) from error
    try:
        with client_of(url, token, TIMEOUT_S) as client:
            answer = client.put(
                "/v1/desks",
                params={"customer": customer},
                content=data,
                headers={"content-type": "text/csv"},
            )
        told: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        cure = "Start it with `dispatch serve`, or name where it runs with --url."
        what = f"No answer of the service: {error}."
        raise InvalidRequest(what, at=url, cure=cure) from error
    if answer.status_code != 200:
        rows = [f"{e['at']}: {e['message']} {e.get('cure') or ''}" for e in told.get("errors", ())]
        what = "Nothing was taken.\n" + "\n".join(rows) if rows else str(told.get("detail"))
        raise InvalidRequest(what.rstrip(), at=str(file))
    return told
