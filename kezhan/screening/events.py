"""What the room tells the house."""

from uuid import UUID

from kezhan.kit.outbox import Event


class WordListsChanged(Event, frozen=True, kw_only=True, tag="word_lists.changed"):
    """A list was made, changed or removed: whoever has them in memory reads them anew."""


class CustomerSaidWord(Event, frozen=True, kw_only=True, tag="word_list.customer_said"):
    """A customer's message held a word of a list that warns the staff of it."""

    conversation_id: UUID
    list_id: UUID
    word: str
