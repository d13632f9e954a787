"""What a push says, found out when it is sent: who may know of it by then does, nobody else."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from kezhan.contacts.values import visitor_number
from kezhan.conversations.schemas import Kind, State
from kezhan.conversations.see import may_see
from kezhan.devices import store
from kezhan.devices.quiet import is_quiet
from kezhan.devices.schemas import Personal, Push, PushKind
from kezhan.kit.db import Tx
from kezhan.kit.masking import Cover, masked
from kezhan.kit.reading import ReadRow
from kezhan.kit.words import say
from kezhan.reports.alerts.views import open_alerts
from kezhan.workspaces.masking.decide import Policy, cover_of
from kezhan.workspaces.permissions import Permission, permissions_of

_LONGEST = 180
_HOUR = timedelta(hours=1)


class Eyes(Struct, frozen=True, kw_only=True):
    """Somebody who is to be told, as far as it says what she sees."""

    membership_id: UUID
    permissions: frozenset[str]
    cover: Cover | None
    team_ids: frozenset[UUID]

    def may(self, permission: str, /) -> bool:
        return permission in self.permissions


class Said(Struct, frozen=True, kw_only=True):
    """A push and until when it is of use."""

    push: Push
    until: datetime


async def compose(tx: Tx, row: ReadRow, at: datetime) -> Said | None:
    """None where it has become idle, where she has switched it off or wants her peace, or where it is nothing
    for her eyes (any more)."""
    kind = PushKind(row["kind"])
    found = await store.personal(tx, row["membership_id"])
    personal = found[0] if found is not None else Personal()
    if not getattr(personal.push, kind) or is_quiet(personal, row["time_zone"], at):
        return None
    rights = permissions_of(row["role"], row["rights"])
    eyes = Eyes(
        membership_id=row["membership_id"],
        permissions=rights,
        cover=cover_of(rights, Policy(row["masked"], row["plain_when_serving"]), row["membership_id"]),
        team_ids=frozenset(row["team_ids"]),
    )
    whole = personal.push_text == "whole"
    if kind is PushKind.ALERT:
        return await _alert(tx, row, eyes, whole)
    talk = await store.talk(tx, row["about"], eyes.membership_id, row["seq"])
    if talk is None:
        return None
    until = _until(kind, row, talk, eyes)
    if until is None or until <= at:
        return None
    push = _of_talk(kind, row, talk, whole)
    serves = talk["state"] == State.ASSIGNED and talk["assignee_id"] == eyes.membership_id
    if eyes.cover is not None and not (serves and eyes.cover.serves):
        push = masked(push, eyes.cover)
    return Said(push=push, until=until)


def _until(kind: PushKind, row: ReadRow, talk: ReadRow, eyes: Eyes) -> datetime | None:
    """Until when it matters that she hears of it; None: it does not."""
    made: datetime = row["made_at"]
    late: datetime = made + _HOUR
    # She who is asked need not see it yet: that is how she comes to.
    if kind is PushKind.TRANSFER:
        ours = talk["transfer_to"] == eyes.membership_id and eyes.may(Permission.CONVERSATION_REPLY)
        return (talk["transfer_until"] or late) if ours else None
    if kind is PushKind.OFFER and talk["offered_until"] is not None:
        offered: datetime = talk["offered_until"]
        return offered if eyes.may(Permission.CONVERSATION_REPLY) else None
    return late if may_see(eyes, talk) and _concerns(kind, row, talk, eyes) else None


def _concerns(kind: PushKind, row: ReadRow, talk: ReadRow, eyes: Eyes) -> bool:
    """Whether a conversation she sees is still hers to hear of in this way."""
    guest = eyes.membership_id in talk["guests"] and talk["state"] != State.CLOSED
    serves = talk["state"] == State.ASSIGNED and talk["assignee_id"] == eyes.membership_id
    unread = talk["said_kind"] is not None and talk["read_seq"] < row["seq"]
    mine = (serves and talk["parked_at"] is None) or guest
    concerns = {
        PushKind.OFFER: serves,
        PushKind.INVITE: guest,
        PushKind.MENTION: talk["named"] and unread,
        PushKind.MESSAGE: mine and unread and talk["said_kind"] != Kind.NOTE,
    }
    return bool(concerns.get(kind))


def _of_talk(kind: PushKind, row: ReadRow, talk: ReadRow, whole: bool) -> Push:
    language = row["language"]
    # messages: devices.push.*
    hint = say(language, f"devices.push.{kind}")
    name = talk["customer"] or say(language, "desk.visitor", number=visitor_number(talk["contact_id"]))
    title, body = (name, _text(kind, talk, hint, language)) if whole else (row["house"], hint)
    return Push(
        kind=kind, tag=f"c:{talk['id']}", title=title, body=body, path=f"/conversations/mine/{talk['id']}"
    )


def _text(kind: PushKind, talk: ReadRow, hint: str, language: str) -> str:
    said = " ".join((talk["said"] or "").split())
    if kind is PushKind.MENTION:
        return _cut(f"{talk['by_name'] or ''}: {said}".lstrip(": "))
    if kind is PushKind.MESSAGE:
        # messages: devices.kind.*
        return _cut(said) or say(language, f"devices.kind.{talk['said_kind']}")
    if kind is PushKind.TRANSFER and talk["by_name"]:
        return _cut(f"{talk['by_name']}: {hint}")
    return hint


async def _alert(tx: Tx, row: ReadRow, eyes: Eyes, whole: bool) -> Said | None:
    if not eyes.may(Permission.ROUTING_MANAGE):
        return None
    alert = next((one for one in await open_alerts(tx, None) if one.id == row["about"]), None)
    if alert is None:
        return None
    language = row["language"]
    # messages: devices.alert.*
    text = say(language, f"devices.alert.{alert.kind}")
    where = alert.account or alert.team
    body = _cut(f"{where} · {text}" if where else text) if whole else say(language, "devices.push.alert")
    push = Push(kind=PushKind.ALERT, tag=f"a:{alert.id}", title=row["house"], body=body, path="/monitor")
    return Said(push=push, until=row["made_at"] + _HOUR)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
