"""From whom a workspace masks what: the one place that decides."""

from collections.abc import Collection
from typing import NamedTuple, Protocol
from uuid import UUID

from kezhan.kit.masking import Cover
from kezhan.workspaces.permissions import Permission


class HasPolicy(Protocol):
    """What a workspace masks: a row that has its columns."""

    @property
    def masked(self) -> list[str]: ...
    @property
    def plain_when_serving(self) -> bool: ...


class Policy(NamedTuple):
    masked: list[str]
    plain_when_serving: bool


def cover_of(rights: Collection[str], policy: HasPolicy, serves: UUID | None = None) -> Cover | None:
    """What is masked from somebody with these rights; None: nothing. `serves`: who she is, if conversations
    can be hers."""
    if not policy.masked or Permission.SENSITIVE_READ in rights:
        return None
    return Cover(sorts=frozenset(policy.masked), serves=serves if policy.plain_when_serving else None)
