"""Versions asked for (RFC 7644 §3.14)."""

from typing import Any, NamedTuple

from kezhan.kit.errors import Refused


class Match(NamedTuple):
    """What `If-Match` said; empty: anything goes."""

    header: str

    def check(self, resource: dict[str, Any]) -> None:
        """Raises Refused 412 where it is another version by now."""
        if self.header and not names(self.header, resource):
            raise Refused("workspaces.scim_changed", 412)


def names(header: str, resource: dict[str, Any]) -> bool:
    """Whether a list of versions has this resource's."""
    if header.strip() == "*":
        return True
    ours = _bare(resource["meta"]["version"])
    return any(_bare(one) == ours for one in header.split(","))


def _bare(version: str) -> str:
    return version.strip().removeprefix("W/").strip('"')
