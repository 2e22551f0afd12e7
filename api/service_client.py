"""
What commands ask of a service that runs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from dispatch.errors import InvalidRequest

TIMEOUT_S = 120
"""Longest wait for an answer; fifty thousand desks take a while."""

TOKEN = "DISPATCH_TOKEN"  # noqa: S105  the name of a variable
"""The variable of the environment whose token is shown to the service, if it is set."""

URL = "http://127.0.0.1:8000"
"""Where a service runs if nobody says otherwise."""


def read_file(file: Path) -> bytes:
    """Returns what is in a file; raises InvalidRequest where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        cure = "Name a file that exists."
        what = f"This cannot be read: {error.strerror}."
        raise InvalidRequest(what, at=str(file), cure=cure) from error


def send_file(url: str, file: Path, query: Mapping[str, str | None]) -> tuple[int, dict[str, Any]]:
    """
    Returns status and JSON of the answer to a file that is imported.

    Raises InvalidRequest for a file that cannot be read, and for a service that does not answer.
    """
    data = read_file(file)
    try:
        with _client(url) as client:
            answer = client.post(
                "/v1/imports",
                params={name: value for name, value in query.items() if value is not None},
                content=data,
                headers={"content-type": "application/octet-stream"},
            )
        told: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise _silent(url, error) from error
    return answer.status_code, told


def fetch(url: str, path: str, query: Mapping[str, str | None], out: Path) -> int:
    """
    Writes what a service answers into a file, part by part, and returns its bytes.

    The file is there under its name once it is whole. Raises InvalidRequest for a refusal, a
    service that does not answer, and a file that cannot be written.
    """
    part = out.with_name(out.name + ".part")
    params = {name: value for name, value in query.items() if value is not None}
    written = 0
    try:
        with (
            _client(url) as client,
            client.stream("GET", path, params=params) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                raise _refused(answer, path)
            with part.open("wb") as file:
                for chunk in answer.iter_bytes():
                    written += file.write(chunk)
        part.replace(out)
    except OSError as error:
        what = f"This cannot be written: {error.strerror}."
        raise InvalidRequest(what, at=str(out), cure="Name another file.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise _silent(url, error) from error
    finally:
        part.unlink(missing_ok=True)
    return written


def ask(url: str, token: str | None, method: str, path: str, body: Any) -> Any:
    """
    Returns the JSON that a service answers.

    Raises InvalidRequest for a refusal, and for a service that does not answer.
    """
    try:
        with client_of(url, token) as client:
            answer = client.request(method, path, json=body)
        told = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise _silent(url, error) from error
    if not answer.is_success:
        raise InvalidRequest(str(told.get("detail")), at=url)
    return told


def client_of(url: str, token: str | None, timeout_s: float = TIMEOUT_S) -> httpx2.Client:
    """Returns a client of the service at ``url``; ``token`` None: of one that asks for none."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=url, timeout=timeout_s, trust_env=False, headers=headers)


def _client(url: str) -> httpx2.Client:
    return client_of(url, os.environ.get(TOKEN) or None)


def _refused(answer: httpx2.Response, path: str) -> InvalidRequest:
    try:
        detail = answer.json().get("detail")
    except ValueError:
        detail = None
    return InvalidRequest(detail or f"The service answered {answer.status_code}.", at=path)


def _silent(url: str, error: Exception) -> InvalidRequest:
    cure = "Start it with `dispatch serve`, or name where it runs with --url."
    return InvalidRequest(f"No answer of the service: {error}.", at=url, cure=cure)
