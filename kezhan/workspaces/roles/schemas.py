"""What crosses the wire."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.schemas import RoleKey

RoleName = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]
RoleNote = Annotated[str, Meta(max_length=200)]
Rights = Annotated[list[Permission], Meta(max_length=100)]
MAX_ROLES = 50
SHOWN_HOLDERS = 50


class Holder(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str


class RoleView(Struct, frozen=True, kw_only=True):
    """`key` is what members' `role` says. A ready-made role has neither `name` nor `note` (screens know
    them), no `version`, and is never changed. `holders`: the first fifty of `held`. `yours`: whether the
    reader may change it and give it, for it lets nobody do more than she may."""

    key: str
    ready: bool
    name: str
    note: str
    permissions: list[str]
    version: int
    held: int
    holders: list[Holder]
    yours: bool


class Area(Struct, frozen=True, kw_only=True):
    """Rights that are shown together."""

    name: str
    permissions: list[str]


class RoleList(Struct, frozen=True, kw_only=True):
    """The ready-made ones, then the workspace's own by name; every right there is, by area."""

    items: list[RoleView]
    areas: list[Area]
    limit: int = MAX_ROLES


class RoleMake(Struct, frozen=True, kw_only=True):
    """Rights that these are of no use without are given with them."""

    name: RoleName
    note: RoleNote = ""
    permissions: Rights


class RoleEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay. `version`: which one was changed."""

    version: int
    name: RoleName | UnsetType = UNSET
    note: RoleNote | UnsetType = UNSET
    permissions: Rights | UnsetType = UNSET


class RoleRemoval(Struct, frozen=True, kw_only=True):
    """`replacement`: the role its members have from then on."""

    replacement: RoleKey
