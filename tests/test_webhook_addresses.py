"""Where webhooks may be sent: public addresses only, however a private one is written."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.webhook_addresses import Forbidden, addresses, is_public, look_up, read_url

if TYPE_CHECKING:
    from collections.abc import Sequence

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:2800:220:1::1", "::ffff:93.184.216.34"]
PUBLIC += ["2002:5db8:d822::1", "64:ff9b::5db8:d822"]

PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
    # IPv4 inside IPv6: mapped, 6to4, NAT64, a network's own NAT64, Teredo.
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::1", "2002:a9fe:a9fe::1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::5db8:d822"),
    "2001:0:5db8:d822::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_public_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_of_a_network_of_ours_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_however_an_address_is_carried_it_is_what_it_is(inner: object) -> None:
    number = int(ip_address(str(inner)))
    carried = [f"::ffff:{inner}", str(ip_address((0x2002 << 112) | (number << 80)))]
    carried.append(str(ip_address(int(ip_address("64:ff9b::")) | number)))
    assert {is_public(ip_address(text)) for text in carried} == {is_public(ip_address(str(inner)))}


def test_an_address_is_read_into_its_parts() -> None:
    target = read_url("https://hooks.example.com/a/b?c=d")
    assert (target.host, target.port, target.path) == ("hooks.example.com", 443, "/a/b?c=d")
    assert target.at("93.184.216.34") == "https://93.184.216.34:443/a/b?c=d"
    assert target.at("2606::1") == "https://[2606::1]:443/a/b?c=d"
    assert read_url("https://hooks.example.com:443").path == "/"


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/", "ftp://hooks.example.com/", "hooks.example.com", "https://"),
        *("https://a:b@hooks.example.com/", "https://hooks.example.com@127.0.0.1/"),
        *("https://hooks.example.com:8443/", "https://hooks.example.com:22/", "https://x.com:0/"),
        *("https://hooks.example.com:99999/", "https://hooks.example.com/#there"),
        *("https://localhost/", "https://a.localhost/", "https://intranet/", "https://a.local/"),
        *("https://printer.local./", "https://metadata.google.internal/", "https://x.home.arpa/"),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/"),
        *("https://169.254.169.254/latest/meta-data", "https://[fe80::1%25eth0]/"),
        *("https://hooks.example.com/\r\nHost: x", "https://hooks.example.com/ä", "https://ä.de/"),
        *("https://hooks.exa mple.com/", "https://a\\@b.com/", "https://[::1/", "https://[x]/"),
        "https://hooks.example.com/" + 2000 * "a",
    ],
)
def test_an_address_to_which_nothing_can_go_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        read_url(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "https://[::1]:1/", "http://localhost/"]
)
def test_this_machine_can_be_allowed(url: str) -> None:
    assert read_url(url, allow_loopback=True).path.startswith("/")
    with pytest.raises(Forbidden):
        read_url(url)


def found(url: str, *known: str, allow_loopback: bool = False) -> Sequence[str]:
    """Returns the addresses that may be sent to when the name has those that are known."""

    async def names(_: str, __: int) -> Sequence[str]:
        return known

    target = read_url(url, allow_loopback=allow_loopback)
    return asyncio.run(addresses(target, names, allow_loopback=allow_loopback))


def test_every_address_of_a_name_has_to_be_public() -> None:
    url = "https://hooks.example.com/"
    assert found(url, "93.184.216.34", "1.1.1.1") == ("93.184.216.34", "1.1.1.1")
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        found(url, "93.184.216.34", "10.0.0.1")
    with pytest.raises(Forbidden, match="eth0"):
        found(url, "fe80::1%eth0")
    with pytest.raises(OSError, match="no address"):
        found(url)


def test_where_this_machine_is_allowed_http_goes_nowhere_else() -> None:
    assert found("http://localhost:80/", "127.0.0.1", allow_loopback=True) == ("127.0.0.1",)
    with pytest.raises(Forbidden, match="http hides nothing"):
        found("http://hooks.example.com/", "93.184.216.34", allow_loopback=True)
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        found("http://hooks.example.com/", "10.0.0.1", allow_loopback=True)


def test_numbers_that_mean_an_address_are_looked_up_like_names() -> None:
    # What the C library makes of 2130706433.0.0.0-like spellings is judged, not the spelling.
    assert asyncio.run(look_up("127.1", 443)) == ["127.0.0.1"]
    with pytest.raises(Forbidden):
        found("https://127.1/", *asyncio.run(look_up("127.1", 443)))


def test_a_name_that_does_not_exist_says_so() -> None:
    with pytest.raises(OSError, match=r"."):
        asyncio.run(look_up("no-such-name.invalid", 443))
