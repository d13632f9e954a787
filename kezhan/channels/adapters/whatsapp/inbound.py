"""What the number hears. One call brings entries with changes, each with messages or statuses, in any order
and perhaps again days later."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from kezhan.channels.adapters.whatsapp.content import content_of
from kezhan.channels.adapters.whatsapp.shapes import Body, ContactIn, Interactive, MessageIn, Status, Value
from kezhan.channels.base import (
    Account,
    Admitted,
    Came,
    Edited,
    Happened,
    Inbound,
    Person,
    Progress,
    Reacted,
    Recalled,
    Request,
    Unreadable,
)
from kezhan.channels.vendors.meta.faults import fault_of, words_of
from kezhan.channels.vendors.meta.webhook import admit

_FIELDS = frozenset({"messages", "smb_message_echoes"})
"""The changes that concern a customer; the others tell of templates, the account, the number's quality."""
_STATES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
_ENVELOPE = ("id", "type", "from", "from_user_id", "to", "to_user_id", "timestamp")
_decoder = msgspec.json.Decoder(dict[str, Any])


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """The handshake, or a call signed by the app's secret. No time is signed."""
    return admit(request, account, parse)


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """All that the call brings, in its order."""
    try:
        body = msgspec.convert(_decoder.decode(request.body), Body)
        return [
            one
            for entry in body.entry
            for change in entry.changes
            if change.field in _FIELDS
            for one in _came(change.value)
        ]
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])


def _came(value: Value) -> Iterator[Came]:
    for raw in value.messages:
        message = _read(raw)
        known = _known(value.contacts, message)
        # By the number where there is one, as statuses and echoes name her; her own id joins the two.
        who = message.sender or known.wa_id or message.from_user_id or known.user_id
        yield from _message(message, who, value, _person(message, known), ours=False)
    for raw in value.message_echoes:
        message = _read(raw)
        yield from _message(message, message.to or message.to_user_id, value, None, ours=True)
    for status in value.statuses:
        yield from _status(status)


def _read(raw: dict[str, Any]) -> MessageIn:
    """One whose content is not as documented keeps its place among the others, as of an unknown kind."""
    try:
        return msgspec.convert(raw, MessageIn)
    except msgspec.ValidationError:
        return msgspec.convert({name: raw[name] for name in _ENVELOPE if name in raw}, MessageIn)


def _known(contacts: list[ContactIn], message: MessageIn) -> ContactIn:
    for one in contacts:
        same_user = one.user_id and one.user_id == message.from_user_id
        if same_user or (one.wa_id and one.wa_id == message.sender):
            return one
    return ContactIn()


def _person(message: MessageIn, known: ContactIn) -> Person:
    """A user's own id outlives her number, and is there where the number is not."""
    user_id = message.from_user_id or known.user_id
    phone = known.wa_id or message.sender
    return Person(
        name=known.profile.name or known.profile.username,
        phone=f"+{phone}" if phone.isdecimal() else "",
        union=f"whatsapp:{user_id}" if user_id else "",
    )


def _message(
    message: MessageIn, who: str, value: Value, person: Person | None, *, ours: bool
) -> Iterator[Came]:
    if not who:
        return
    if message.edit is not None:
        text = _edited_text(message.edit.message)
        at = _moment(message.timestamp)
        yield Edited(external_id=who, message_id=message.edit.original_message_id, text=text, at=at)
    elif message.revoke is not None:
        yield Recalled(external_id=who, message_id=message.revoke.original_message_id)
    elif message.reaction is not None and not ours:
        yield Reacted(external_id=who, message_id=message.reaction.message_id, emoji=message.reaction.emoji)
    elif _silent(message):
        event = message.system.type if message.system is not None else message.type
        yield Happened(external_id=who, dedup_key=message.id, event=event[:64] or "system", person=person)
    else:
        if message.referral is not None and not ours:
            event = f"referral:{message.referral.source_type}:{message.referral.source_id}"[:64]
            yield Happened(
                external_id=who,
                dedup_key=f"{message.id}:referral",
                event=event,
                person=person,
                by="ad",
                word=message.referral.word,
            )
        yield _said(message, who, value, person, ours)


def _silent(message: MessageIn) -> bool:
    """The platform's own word, or a reaction of ours from the phone: nobody is disturbed."""
    return message.system is not None or message.reaction is not None


def _said(message: MessageIn, who: str, value: Value, person: Person | None, ours: bool) -> Inbound:
    content, chosen = content_of(message), message.interactive
    return Inbound(
        external_id=who,
        dedup_key=message.id,
        kind=content.kind,
        text=content.text,
        file=content.file,
        person=person,
        message_id=message.id,
        quote_id=message.context.id,
        sent_at=_moment(message.timestamp),
        original_kind=message.type,
        # The number she has written to, which is the one that answers.
        ticket="" if ours else value.metadata.phone_number_id[:40],
        ours=ours,
        tap=_tap(chosen)[:64] if chosen is not None else "",
    )


def _tap(chosen: Interactive) -> str:
    """Of a button, or of a row in a list."""
    reply = chosen.button_reply or chosen.list_reply
    return reply.id if reply is not None else ""


def _edited_text(raw: dict[str, Any]) -> str:
    """The new wording: the message's text, or the caption of its file."""
    return content_of(msgspec.convert({"id": "edited", **raw}, MessageIn)).text


def _status(status: Status) -> Iterator[Progress]:
    state, who = _STATES.get(status.status), status.recipient_id or status.recipient_user_id
    if state is None or not status.id or not who:
        return
    event_id = status.biz_opaque_callback_data
    if state == "sent" and not event_id:
        return
    if state == "failed":
        error = status.errors[0] if status.errors else None
        yield Progress(
            external_id=who,
            state="failed",
            message_id=status.id,
            event_id=event_id,
            fault=fault_of(error) if error is not None else "permanent",
            why=words_of(error) if error is not None else "",
        )
    else:
        yield Progress(external_id=who, state=state, message_id=status.id, event_id=event_id)


def _moment(seconds: str) -> datetime | None:
    if not seconds.isdecimal() or len(seconds) > 11:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
