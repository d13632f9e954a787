"""A customer who would rather be called: where to reach her is on her contact, and stands in the
conversation where agents look."""

from hashlib import sha256
from uuid import UUID

from kezhan.channels.visitor_session import customer_of
from kezhan.channels.visitor_socket import visitor_item
from kezhan.contacts import service as contacts
from kezhan.contacts.edit import checked_reach
from kezhan.contacts.schemas import Profile, Visitor
from kezhan.conversations.desk import Desk
from kezhan.conversations.receive import open_conversation
from kezhan.conversations.schemas import Send
from kezhan.conversations.socket import stored
from kezhan.kit.errors import Refused
from kezhan.kit.words import say
from kezhan.routing.queue.back import leave_queue
from kezhan.routing.schemas import CallbackIn

CALLBACK = "callback"


async def ask_back(desk: Desk, visitor: Visitor, form: CallbackIn, language: str) -> None:
    """Have her called or written to instead of waiting. The same again in one conversation counts once.
    Raises Refused 400 where there is neither a number nor an address, or a bad one."""
    phone, email = checked_reach(form.phone, form.email)
    if not phone and not email:
        raise Refused("routing.no_way_back", 400, field="phone")
    customer = customer_of(visitor)
    async with desk.db.tx(visitor.workspace_id) as tx:
        conversation_id = await open_conversation(tx, customer)
        await contacts.fill(tx, visitor.contact_id, Profile(phone=phone, email=email))
    body = _words(phone, email, form.note.strip(), language)
    item = visitor_item(visitor, Send(client_id=_name(conversation_id, phone, email, form.note), body=body))
    stored(item, await desk.door.take(customer, item))
    async with desk.db.tx(visitor.workspace_id) as tx:
        await leave_queue(tx, conversation_id, reason=CALLBACK)


def _words(phone: str, email: str, note: str, language: str) -> str:
    lines = [say(language, "routing.callback.phone", phone=phone)] if phone else []
    lines += [say(language, "routing.callback.email", email=email)] if email else []
    lines += [say(language, "routing.callback.note", note=note)] if note else []
    return "\n".join(lines)


def _name(conversation_id: UUID, *said: str) -> str:
    """The same request has the same name, so its message is stored once."""
    return f"callback.{conversation_id}.{sha256(chr(0).join(said).encode()).hexdigest()[:24]}"
