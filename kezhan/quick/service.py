"""Quick replies: listed, made, changed, archived, moved; who may."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.cards.check import checked
from kezhan.cards.schemas import CardContent, image_of
from kezhan.files.schemas import FileOut
from kezhan.files.service import attach, erase, owner_of
from kezhan.kit import clock
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.quick import store
from kezhan.quick.keys import cleaned, cleaned_category, values_of
from kezhan.quick.schemas import (
    MAX_REPLIES,
    QuickCategoryMove,
    QuickMoved,
    QuickReplyEdit,
    QuickReplyForm,
    QuickReplyList,
    QuickReplyView,
    QuickSettings,
    QuickUse,
    QuickUses,
    Scope,
    Words,
)
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import team_name

files_of = msgspec.json.Decoder(list[FileOut]).decode
_card = msgspec.json.Decoder(CardContent).decode
_FIELDS = ("category", "title", "code", "body")


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: whose they are, how many changed, and which fields of one."""

    scope: Scope
    team_id: UUID | None = None
    fields: list[str] = []
    count: int = 1


async def list_replies(tx: Tx, caller: Caller, scope: Scope, team_id: UUID | None) -> QuickReplyList:
    """Raises NotFound for a team that is not hers, unless she manages them."""
    place_id = await seen_place(tx, caller, scope, team_id)
    rows = await store.of_place(tx, scope, place_id)
    return QuickReplyList(items=[view_of(row) for row in rows], edits=may_edit(caller, scope))


async def create(tx: Tx, caller: Caller, form: QuickReplyForm) -> QuickReplyView:
    """Raises Refused where the words do not do, or title or short code are taken."""
    place_id = await edited_place(tx, caller, form.scope, form.team_id)
    card = cleaned_card(form.card)
    words, reply_id = cleaned(form, more=bool(form.file_ids or card)), new_id()
    await store.hold(tx)
    if await store.count(tx, form.scope, place_id) >= MAX_REPLIES:
        raise Refused("quick.too_many", 409, limit=MAX_REPLIES)
    try:
        await store.add(tx, reply_id, form.scope, place_id, values_of(tx.workspace, words))
    except asyncpg.UniqueViolationError as fault:
        raise taken(fault) from fault
    await _keep_files(tx, caller, reply_id, [], form.file_ids)
    await _keep_card(tx, caller, reply_id, None, card)
    detail, told = Detail(scope=form.scope, team_id=form.team_id), between(None, words, _FIELDS)
    await tell(tx, caller, "create", reply_id, detail, told)
    return view_of(await _found(tx, caller, reply_id))


async def edit(tx: Tx, caller: Caller, reply_id: UUID, form: QuickReplyEdit) -> QuickReplyView:
    """Raises as `create` does; Refused 409 where somebody else has changed it since `form.version`."""
    await store.hold(tx)
    row = await _found(tx, caller, reply_id)
    check_editor(caller, Scope(row["scope"]))
    card, known = cleaned_card(form.card), card_of(row)
    words = cleaned(form, more=bool(form.file_ids or card))
    before = [file.id for file in files_of(row["files"])]
    fields = [field for field in _FIELDS if getattr(words, field) != row[field]]
    if form.file_ids != before:
        fields.append("files")
    if card != known:
        fields.append("card")
    if not fields:
        return view_of(row)
    if form.version != row["version"]:
        raise Refused("quick.changed_meanwhile", 409)
    try:
        await store.edit(tx, reply_id, values_of(tx.workspace, words))
    except asyncpg.UniqueViolationError as fault:
        raise taken(fault) from fault
    await _keep_files(tx, caller, reply_id, before, form.file_ids)
    await _keep_card(tx, caller, reply_id, known, card)
    detail = Detail(scope=Scope(row["scope"]), team_id=row["team_id"], fields=fields)
    await tell(tx, caller, "edit", reply_id, detail, between(row, words, _FIELDS))
    return view_of(await _found(tx, caller, reply_id))


async def archive(tx: Tx, caller: Caller, reply_id: UUID) -> None:
    """Its files are forgotten. A second time changes nothing."""
    await store.hold(tx)
    row = await store.reply(tx, reply_id)
    if row is None or not may_see(caller, Scope(row["scope"]), row["place_id"]):
        raise NotFound("quick.not_found")
    check_editor(caller, Scope(row["scope"]))
    if row["archived_at"] is not None:
        return
    await _keep_files(tx, caller, reply_id, [file.id for file in files_of(row["files"])], [])
    await _keep_card(tx, caller, reply_id, card_of(row), None)
    await store.archive(tx, reply_id)
    await tell(tx, caller, "archive", reply_id, Detail(scope=Scope(row["scope"]), team_id=row["team_id"]))


async def move_category(tx: Tx, caller: Caller, form: QuickCategoryMove) -> QuickMoved:
    """What is in a category and below goes to another; a second time there is nothing left to move. Raises
    Refused where a title is there already, or names would become too long or too deep."""
    place_id = await edited_place(tx, caller, form.scope, form.team_id)
    source, target = cleaned_category(form.category), cleaned_category(form.target)
    if not source:
        raise Refused("quick.no_category", field="category")
    if target.startswith(f"{source}/"):
        raise Refused("quick.category_inside", field="target")
    await store.hold(tx)
    moved = 0
    for row in await store.of_place(tx, form.scope, place_id) if source != target else ():
        if row["category"] != source and not row["category"].startswith(f"{source}/"):
            continue
        category = cleaned_category(f"{target}/{row['category'][len(source) :]}")
        words = Words(category=category, title=row["title"], code=row["code"], body=row["body"])
        try:
            await store.edit(tx, row["id"], values_of(tx.workspace, words))
        except asyncpg.UniqueViolationError as fault:
            raise taken(fault) from fault
        moved += 1
    if moved:
        await tell(tx, caller, "move", None, Detail(scope=form.scope, team_id=form.team_id, count=moved))
    return QuickMoved(moved)


async def begin(tx: Tx, replies: Sequence[Words]) -> bool:
    """Everybody's first ones, in a workspace that never had any; whether it was one."""
    await store.hold(tx)
    if await store.ever(tx):
        return False
    for words in replies:
        values = values_of(tx.workspace, cleaned(words, more=False))
        await store.add(tx, new_id(), Scope.PUBLIC, tx.workspace, values)
    await tell(tx, None, "import", None, Detail(scope=Scope.PUBLIC, count=len(replies)))
    return True


async def uses(tx: Tx, caller: Caller, reply_id: UUID) -> QuickUses:
    await _found(tx, caller, reply_id)
    rows = await store.uses(tx, reply_id)
    return QuickUses(
        [
            QuickUse(name=row["name"], used=row["used"], last_used_at=clock.wire(row["last_used_at"]))
            for row in rows
        ]
    )


async def settings(tx: Tx, caller: Caller) -> QuickSettings:
    return QuickSettings(suggest=await store.suggest(tx, caller.membership_id))


async def put_settings(tx: Tx, caller: Caller, form: QuickSettings) -> QuickSettings:
    await store.put_suggest(tx, caller.membership_id, form.suggest)
    return form


# Who may


def may_see(caller: Caller, scope: Scope, place_id: UUID) -> bool:
    """Everybody's; those of one's teams, or of all for who manages them; one's own."""
    if scope is Scope.TEAM:
        return place_id in caller.team_ids or caller.may(Permission.QUICK_REPLY_MANAGE)
    return scope is Scope.PUBLIC or place_id == caller.membership_id


def may_edit(caller: Caller, scope: Scope) -> bool:
    """Of what she sees."""
    return scope is Scope.PERSONAL or caller.may(Permission.QUICK_REPLY_MANAGE)


def check_editor(caller: Caller, scope: Scope) -> None:
    if not may_edit(caller, scope):
        raise Forbidden("quick.not_editor")


async def seen_place(tx: Tx, caller: Caller, scope: Scope, team_id: UUID | None) -> UUID:
    """Whose they are: the workspace, the team, or the caller. Raises Refused, NotFound."""
    if (scope is Scope.TEAM) != (team_id is not None):
        raise Refused("quick.team_mismatch", field="team_id")
    if team_id is None:
        return tx.workspace if scope is Scope.PUBLIC else caller.membership_id
    await team_name(tx, team_id)
    if not may_see(caller, scope, team_id):
        raise NotFound("workspaces.no_such_team")
    return team_id


async def edited_place(tx: Tx, caller: Caller, scope: Scope, team_id: UUID | None) -> UUID:
    place_id = await seen_place(tx, caller, scope, team_id)
    check_editor(caller, scope)
    return place_id


async def tell(
    tx: Tx,
    caller: Caller | None,
    deed: str,
    reply_id: UUID | None,
    detail: Detail,
    told: Sequence[Change] = (),
) -> None:
    """To the audit log, but for what is one's own."""
    if detail.scope is not Scope.PERSONAL:
        action = f"quick_reply.{deed}"
        await record(tx, caller, action, "quick_reply", reply_id, detail=detail, changes=told)


# Each as it stands


async def _found(tx: Tx, caller: Caller, reply_id: UUID) -> ReadRow:
    row = await store.reply(tx, reply_id)
    if row is None or row["archived_at"] or not may_see(caller, Scope(row["scope"]), row["place_id"]):
        raise NotFound("quick.not_found")
    return row


async def _keep_files(tx: Tx, caller: Caller, reply_id: UUID, before: list[UUID], wanted: list[UUID]) -> None:
    """Raises Refused or NotFound for a file that is not the caller's or is used already."""
    if before == wanted:
        return
    if len(set(wanted)) != len(wanted):
        raise Refused("files.used_already", 409, field="file_ids")
    for file_id in wanted:
        if file_id not in before:
            await attach(tx, file_id, owner_of(caller), f"quick:{reply_id}")
    await store.put_files(tx, reply_id, wanted)
    for file_id in before:
        if file_id not in wanted:
            await erase(tx, file_id)


async def _keep_card(
    tx: Tx, caller: Caller, reply_id: UUID, before: CardContent | None, card: CardContent | None
) -> None:
    """Raises as `_keep_files` does, for its picture."""
    if card == before:
        return
    old, new = (image_of(one.card if one else None) for one in (before, card))
    if new is not None and new != old:
        file = await attach(tx, new, owner_of(caller), f"quick:{reply_id}")
        if not file.thumbnail:
            raise Refused("cards.no_picture", field="card.image")
    await store.put_card(tx, reply_id, None if card is None else msgspec.json.encode(card).decode())
    if old is not None and new != old:
        await erase(tx, old)


def card_of(row: Any) -> CardContent | None:
    return _card(row["card"]) if row["card"] else None


def cleaned_card(card: CardContent | None) -> CardContent | None:
    """None where nothing stands in it. Raises Refused."""
    return checked(card) if card is not None and (card.card or card.buttons) else None


def taken(fault: asyncpg.UniqueViolationError) -> Refused:
    code = fault.constraint_name == "quick_replies_code"
    return Refused(
        "quick.code_taken" if code else "quick.title_taken", 409, field="code" if code else "title"
    )


def view_of(row: Any) -> QuickReplyView:
    return QuickReplyView(
        id=row["id"],
        scope=Scope(row["scope"]),
        team_id=row["team_id"],
        category=row["category"],
        title=row["title"],
        code=row["code"],
        body=row["body"],
        files=files_of(row["files"]),
        card=card_of(row),
        version=row["version"],
        used=row["used"],
        last_used_at=clock.wire_or_none(row["last_used_at"]),
        updated_at=clock.wire(row["updated_at"]),
    )
