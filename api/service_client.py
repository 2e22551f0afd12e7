"""
How a command talks to a service that runs.
"""

from __future__ import annotations

import httpx2


def client_of(url: str, token: str | None, timeout_s: float = 60) -> httpx2.Client:
    """Returns a client of the service at ``url``; ``token`` None: of one that asks for none."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=url, timeout=timeout_s, trust_env=False, headers=headers)
