"""What keeps a correspondence together: our message ids, the fields that refer to them, the ticket.

Our ids are signed together with the address they went to, so that a reply to one can be known as that very
person's, and our own mail coming back as ours, without asking anybody.
"""

import hmac
import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.email.headers import Fields, message_ids, value, words
from kezhan.channels.base import Account

REFERENCES = 20
TICKET = 3900
SUBJECT = 300
_OURS = re.compile(r"<kz\.([0-9a-f]{20})\.([0-9a-f]{16})@[^<>\s@]{1,253}>")
_FORWARD = re.compile(r"\s*(?:fw|fwd|wg|转发|轉寄|转寄)\s*[:：]", re.IGNORECASE)
_AGAIN = re.compile(
    r"\s*(?:re|aw|sv|antw|回复|回覆|答复|答覆|转发|轉寄|转寄|fw|fwd|wg)(?:\[\d{1,3}\])?\s*[:：]\s*",
    re.IGNORECASE,
)


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reply needs to know of the mail it answers. `reply_to` where that is not the sender herself;
    `quiet`: no machine may answer; `copies`: who else got it and may get the reply."""

    subject: str = ""
    message_id: str = ""
    references: list[str] = []
    reply_to: str = ""
    quiet: bool = False
    copies: list[str] = []


_decoder = msgspec.json.Decoder(Ticket)


def own_id(account: Account, event_id: str, recipient: str) -> str:
    """The message id of something we send; the same over all attempts."""
    name = hmac.digest(_key(account), b"name:" + event_id.encode(), "sha256").hex()[:20]
    domain = account.settings.address.rpartition("@")[2] or "localhost"
    return f"<kz.{name}.{_tag(account, name, recipient)}@{domain}>"


def is_own(account: Account, message_id: str, recipient: str) -> bool:
    """Whether we have sent this to just this address."""
    found = _OURS.fullmatch(message_id)
    return found is not None and hmac.compare_digest(found[2], _tag(account, found[1], recipient))


def own_ids_in(text: str) -> list[str]:
    """Everything in `text` that has the shape of an id of ours, signed or not."""
    return list(dict.fromkeys(found[0] for found in _OURS.finditer(text)))


def answered(fields: Fields, account: Account, sender: str) -> str:
    """Our message that the sender answers; empty where it is none that went to her. In-Reply-To first, then
    References from the newest back."""
    named = message_ids(value(fields, "in-reply-to")) + message_ids(value(fields, "references"))[::-1]
    return next((one for one in named[:100] if is_own(account, one, sender)), "")


def ticket(fields: Fields, message_id: str, *, reply_to: str, quiet: bool, copies: Sequence[str] = ()) -> str:
    """As text of at most 4,000 characters: the first reference and the newest are kept, then the rest."""
    references = message_ids(value(fields, "references")) or message_ids(value(fields, "in-reply-to"))
    if len(references) > REFERENCES:
        references = [references[0], *references[-REFERENCES + 1 :]]
    made = Ticket(
        subject=words(value(fields, "subject"))[:SUBJECT],
        message_id=message_id,
        references=[one for one in references if one != message_id],
        reply_to=reply_to,
        quiet=quiet,
        copies=list(copies),
    )
    text = msgspec.json.encode(made).decode()
    while len(text) > TICKET and made.references:
        made = msgspec.structs.replace(made, references=made.references[:1] + made.references[2:])
        if len(made.references) == 1:
            made = msgspec.structs.replace(made, references=[])
        text = msgspec.json.encode(made).decode()
    return text


def read_ticket(text: str) -> Ticket:
    """One that cannot be read is empty: the reply then begins a thread of its own."""
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError:
        return Ticket()


def is_forward(subject: str) -> bool:
    """Whether she sends on a mail of somebody's: what it encloses is what she wants seen."""
    return _FORWARD.match(subject) is not None


def plain_subject(subject: str) -> str:
    """Without any "Re:", "回复：", "Fwd:" before it."""
    plain = subject
    for _ in range(10):
        rest = _AGAIN.sub("", plain, count=1) if _AGAIN.match(plain) else plain
        if rest == plain:
            break
        plain = rest
    return plain.strip()


def _tag(account: Account, name: str, recipient: str) -> str:
    message = f"to:{name}:{recipient.lower()}".encode()
    return hmac.digest(_key(account), message, "sha256").hex()[:16]


def _key(account: Account) -> bytes:
    """Of the account's secrets; after a change of the password replies to older mail are no longer tied to
    the message they answer, and come in all the same."""
    secret = f"{account.secrets.password}\0{account.secrets.client_secret}".encode()
    return hmac.digest(secret, b"kezhan.email:" + account.id.bytes, "sha256")
