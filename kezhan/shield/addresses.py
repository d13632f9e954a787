"""Addresses: which of them speak for one visitor, and which lie in a blocked network."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from kezhan.kit.errors import Refused
from kezhan.shield.schemas import Blocked

_LEAST = {4: 8, 6: 16}
_HOUSEHOLD = 64
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=20_000)
def parsed(address: str) -> Address | None:
    """None where it is none; IPv4 also as a socket of both families writes it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=20_000)
def household(address: str) -> str:
    """What is counted of an address: itself, of IPv6 its /64, which one subscriber has for herself. Empty of
    the machine itself: a proxy that nobody has listed stands there, and all visitors behind it."""
    found = parsed(address)
    if found is None or found.is_loopback:
        return ""
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((int(found) >> _HOUSEHOLD << _HOUSEHOLD, _HOUSEHOLD)))


def network(value: str) -> str:
    """A network as it is written: one of a single address as that. Raises Refused."""
    try:
        found = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError as fault:
        raise Refused("shield.no_address", field="value") from fault
    if found.prefixlen < _LEAST[found.version]:
        raise Refused("shield.wide_network", field="value", least=_LEAST[found.version])
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped:
        raise Refused("shield.no_address", field="value")
    return str(found.network_address) if found.prefixlen == found.max_prefixlen else str(found)


class Sources:
    """The blocked sources of one workspace, found by one look-up for each length of prefix there is."""

    def __init__(self, sources: Iterable[Blocked]) -> None:
        self._devices: dict[str, tuple[UUID, float | None]] = {}
        self._networks: defaultdict[tuple[int, int], dict[int, tuple[UUID, float | None]]] = defaultdict(dict)
        for one in sources:
            if one.kind == "device":
                self._devices[one.value] = (one.id, one.until)
                continue
            found = ipaddress.ip_network(one.value)
            shift = found.max_prefixlen - found.prefixlen
            place = int(found.network_address) >> shift
            self._networks[found.version, shift][place] = (one.id, one.until)

    def find(self, address: str, device: str, at: float) -> UUID | None:
        """The source that refuses this one at `at` (seconds of the epoch)."""
        hit = self._devices.get(device) if device else None
        if hit is not None and (hit[1] is None or hit[1] > at):
            return hit[0]
        found = parsed(address) if self._networks else None
        if found is None:
            return None
        for (version, shift), places in self._networks.items():
            hit = places.get(int(found) >> shift) if version == found.version else None
            if hit is not None and (hit[1] is None or hit[1] > at):
                return hit[0]
        return None
