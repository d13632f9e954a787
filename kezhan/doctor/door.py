"""Address, TLS, proxies: whether what is served to whom goes together."""

import ipaddress
from collections.abc import Iterator

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.serve import Unfit, check_fit
from kezhan.settings import Settings


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


def _everybody(networks: tuple[str, ...]) -> list[str]:
    return [network for network in networks if ipaddress.ip_network(network, strict=False).prefixlen == 0]
