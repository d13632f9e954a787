"""Views: listed, made, changed, archived, put in order; who may."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.kit import clock
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import Reader, ReadRow
from kezhan.segments.filters.check import check
from kezhan.segments.filters.schemas import Filter
from kezhan.tags.events import TagMerged
from kezhan.views import store
from kezhan.views.schemas import (
    MAX_VIEWS,
    View,
    ViewEdit,
    ViewForm,
    ViewList,
    ViewOrder,
    ViewScope,
    ViewSort,
)
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import team_name

_filter_of = msgspec.json.Decoder(Filter).decode


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    scope: ViewScope
    team_id: UUID | None = None


async def list_views(reader: Reader, caller: Caller) -> ViewList:
    rows = await store.at_hand(reader, list(caller.team_ids), caller.membership_id)
    return ViewList(items=[_view_of(row, caller) for row in rows], shares=_shares(caller))


async def create(tx: Tx, caller: Caller, form: ViewForm) -> View:
    """Raises Refused where its words or its filter do not do, or its name is taken; the same again, made a
    moment ago, is refused by its name."""
    place_id = await _edited_place(tx, caller, form.scope, form.team_id)
    values, view_id = await _values(tx, caller, form), new_id()
    await store.hold(tx)
    if await store.count(tx, form.scope, place_id) >= MAX_VIEWS:
        raise Refused("views.too_many", 409, limit=MAX_VIEWS)
    try:
        await store.add(tx, view_id, form.scope, place_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("views.name_taken", 409, field="name") from fault
    await _tell(tx, caller, "create", view_id, form.scope, form.team_id)
    return _view_of(await _found(tx, caller, view_id), caller)


async def change(tx: Tx, caller: Caller, view_id: UUID, form: ViewEdit) -> View:
    """Raises as `create` does; Refused 409 where somebody else has changed it since `form.version`."""
    await store.hold(tx)
    row = await _found(tx, caller, view_id)
    _check_editor(caller, ViewScope(row["scope"]))
    before = _view_of(row, caller)
    if all(getattr(form, name) == getattr(before, name) for name in _WORDS):
        return before
    if form.version != row["version"]:
        raise Refused("views.changed_meanwhile", 409)
    values = await _values(tx, caller, form)
    try:
        await store.change(tx, view_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("views.name_taken", 409, field="name") from fault
    told = between(before, form, _WORDS)
    await _tell(tx, caller, "change", view_id, before.scope, before.team_id, told)
    return _view_of(await _found(tx, caller, view_id), caller)


async def archive(tx: Tx, caller: Caller, view_id: UUID) -> None:
    """A second time changes nothing."""
    await store.hold(tx)
    row = await store.view(tx, view_id)
    if row is None or not _sees(caller, row):
        raise NotFound("views.not_found")
    _check_editor(caller, ViewScope(row["scope"]))
    if row["archived_at"] is None:
        await store.archive(tx, view_id)
        await _tell(tx, caller, "archive", view_id, ViewScope(row["scope"]), row["team_id"])


async def put_order(tx: Tx, caller: Caller, form: ViewOrder) -> None:
    """In which order the caller has them; ids that are not hers stand for nothing."""
    await store.put_order(tx, caller.membership_id, list(dict.fromkeys(form.ids)))


async def on_tag_merged(tx: Tx, event: TagMerged) -> None:
    """Views that name it name the one in its place."""
    await store.rename(tx, event.tag_id, event.into)


def filter_of(row: ReadRow) -> Filter | None:
    """None: of a later version."""
    try:
        return _filter_of(row["filter"])
    except msgspec.ValidationError:
        return None


_WORDS = ("name", "icon", "colour", "sort", "filter")


async def _values(tx: Tx, caller: Caller, form: ViewForm | ViewEdit) -> tuple[Any, ...]:
    name = " ".join(form.name.split())
    if not name:
        raise Refused("views.no_name", field="name")
    await check(tx, caller, form.filter)
    return name, form.icon, form.colour, msgspec.json.encode(form.filter).decode(), form.sort


async def _found(tx: Tx, caller: Caller, view_id: UUID) -> ReadRow:
    row = await store.view(tx, view_id)
    if row is None or row["archived_at"] is not None or not _sees(caller, row):
        raise NotFound("views.not_found")
    return row


def _sees(caller: Caller, row: ReadRow) -> bool:
    """Everybody's, those of her teams, her own; whoever makes them for others sees every team's."""
    if row["scope"] == ViewScope.TEAM:
        return row["place_id"] in caller.team_ids or _shares(caller)
    return row["scope"] == ViewScope.PUBLIC or bool(row["place_id"] == caller.membership_id)


def _shares(caller: Caller) -> bool:
    return caller.may(Permission.VIEW_MANAGE)


def _check_editor(caller: Caller, scope: ViewScope) -> None:
    if scope is not ViewScope.PERSONAL and not _shares(caller):
        raise Forbidden("views.not_editor")


async def _edited_place(tx: Tx, caller: Caller, scope: ViewScope, team_id: UUID | None) -> UUID:
    """Whose it is: the workspace, the team, or the caller. Raises Refused, NotFound, Forbidden."""
    if (scope is ViewScope.TEAM) != (team_id is not None):
        raise Refused("views.team_mismatch", field="team_id")
    _check_editor(caller, scope)
    if team_id is None:
        return tx.workspace if scope is ViewScope.PUBLIC else caller.membership_id
    await team_name(tx, team_id)
    return team_id


async def _tell(
    tx: Tx,
    caller: Caller,
    deed: str,
    view_id: UUID,
    scope: ViewScope,
    team_id: UUID | None,
    told: Sequence[Change] = (),
) -> None:
    """To the audit log, but for what is one's own."""
    if scope is not ViewScope.PERSONAL:
        detail = Detail(scope=scope, team_id=team_id)
        await record(tx, caller, f"view.{deed}", "view", view_id, detail=detail, changes=told)


def _view_of(row: ReadRow, caller: Caller) -> View:
    scope, sorts = ViewScope(row["scope"]), frozenset(ViewSort)
    return View(
        id=row["id"],
        scope=scope,
        team_id=row["team_id"],
        name=row["name"],
        icon=row["icon"],
        colour=row["colour"],
        filter=filter_of(row),
        sort=ViewSort(row["sort"]) if row["sort"] in sorts else ViewSort.ACTIVE,
        version=row["version"],
        edits=scope is ViewScope.PERSONAL or _shares(caller),
        updated_at=clock.wire(row["updated_at"]),
    )
