"""Who speaks, and where."""

from kezhan.channels.adapters.telegram.place import Place
from kezhan.channels.adapters.telegram.update import Message, User, full_name
from kezhan.channels.base import Person


def place_of(message: Message) -> Place:
    topic = message.message_thread_id if message.is_topic_message else None
    return Place(chat_id=message.chat.id, business=bool(message.business_connection_id), topic=topic)


def person_of(message: Message) -> Person:
    """Who is behind the chat: the one who writes, or the group by its title."""
    chat, sender = message.chat, message.sender
    if chat.type != "private":
        return Person(name=full_name(chat))
    if sender is None or sender.id != chat.id:
        return Person(name=full_name(chat), union=f"telegram:{chat.id}")
    shared = message.contact
    phone = shared.phone_number if shared is not None and shared.user_id == sender.id else ""
    return user_person(sender, phone)


def user_person(user: User, phone: str = "") -> Person:
    """A user's number is the same for every bot. Her phone is known only once she has shared it."""
    return Person(name=full_name(user), phone=phone, language=user.language_code, union=f"telegram:{user.id}")
