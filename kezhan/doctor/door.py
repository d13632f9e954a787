"""Address, TLS, proxies: whether what is served to whom goes together."""

import ipaddress
from collections.abc import Iterator

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.serve import Unfit, check_fit
from kezhan.settings import Settings

MANY_VISITORS = 20
"""Of fewer it says nothing that they share an address."""


def check_door(settings: Settings) -> Iterator[Finding]:
    fit = True
    try:
        check_fit(settings)
    except Unfit:
        fit = False
        yield fault("unfit_demo" if settings.demo else "unfit_plain", host=settings.host)
    for network in _everybody(settings.trusted_proxies):
        fit = False
        yield fault("proxy_anyone", network=network)
    for network in _strangers(settings.trusted_proxies):
        yield warn("proxy_wide", network=network)
    for network in _everybody(settings.metrics_networks):
        yield warn("metrics_anyone", network=network)
    if settings.public_url and settings.loopback:
        if not settings.secure:
            fit = False
            yield warn("public_plain", address=settings.address)
        if not settings.trusted_proxies:
            fit = False
            yield warn("proxy_unknown", address=settings.address)
    if fit:
        yield ok("address", address=settings.address)


def check_callers(visitors: int, addresses: int, address: str) -> Iterator[Finding]:
    """Of the last day's visitors who wrote: from how many addresses, as bounds are counted by them."""
    if visitors < MANY_VISITORS:
        return
    if addresses > 1:
        yield ok("callers", visitors=visitors, addresses=addresses)
    elif addresses == 1:
        yield warn("one_address", visitors=visitors, address=address)
    else:
        yield warn("no_address", visitors=visitors)


def _strangers(networks: tuple[str, ...]) -> list[str]:
    """Networks in which there are others than a proxy of one's own: anybody of them may name any address."""
    found = [ipaddress.ip_network(network, strict=False) for network in networks]
    wide = [one for one in found if not one.is_private and one.prefixlen < (24 if one.version == 4 else 48)]
    return [str(one) for one in wide if one.prefixlen]


def _everybody(networks: tuple[str, ...]) -> list[str]:
    return [network for network in networks if ipaddress.ip_network(network, strict=False).prefixlen == 0]
