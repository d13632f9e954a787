"""What a mail becomes: its words as one message, then each of its files; a report becomes what it reports.

The customer is always who the mail says that it is from. Whoever answers mail that went to somebody else is a
customer of her own; naming our message ids gives nobody another's conversation.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct, structs

from kezhan.channels.adapters.email.auto import Automatic, automatic, is_machine, wants_no_answer
from kezhan.channels.adapters.email.bounce import reports
from kezhan.channels.adapters.email.headers import (
    Address,
    Fields,
    addresses,
    message_ids,
    moment,
    read_fields,
    value,
    words,
)
from kezhan.channels.adapters.email.html import PICTURE, to_text
from kezhan.channels.adapters.email.mime import Mail, Part, read
from kezhan.channels.adapters.email.quotes import all_words, own_words, unsigned
from kezhan.channels.adapters.email.thread import answered, is_forward, is_own, plain_subject, ticket
from kezhan.channels.adapters.email.trust import Verdict, verdict
from kezhan.channels.base import (
    Account,
    Came,
    Inbound,
    InboundFile,
    Person,
    Request,
    Unreadable,
)

FILES = 50
TEXT = 200_000
COPIES = 10
_NAMED = 10
TOO_LARGE = b"X-Kezhan-Too-Large: "
"""Before the header of a mail whose body was left where it is, with its size in bytes."""
_MARKS: dict[Automatic, str] = {
    "auto_reply": "[自动回复 · automatic reply]",
    "list": "[邮件列表 · mailing list]",
    "bulk": "[自动邮件 · automatic mail]",
    "bounce": "[退信 · bounce]",
    "own": "[来自本邮箱 · from this mailbox]",
}
_UNVERIFIED = "[发件人未通过验证，可能是冒名 · sender not verified]"


class Sent(Struct, frozen=True, kw_only=True):
    """A mail with what was found out about it."""

    sender: Address
    kind: Automatic
    trust: Verdict
    message_id: str
    key: str
    subject: str
    reply_to: str
    others: Sequence[str]
    ticket: str
    automatic: bool
    quote_id: str
    sent_at: datetime | None


def key_of(raw: bytes) -> str:
    """One key for all copies of a mail, at most 100 characters: its Message-ID with a digest of who, when and
    what, as some programs give all their mails one id; without one, a digest of the whole."""
    fields = read_fields(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    named = message_ids(value(fields, "message-id"))
    if not named:
        return hashlib.sha256(raw).hexdigest()
    about = "\n".join([named[0], *(value(fields, name) for name in ("from", "date", "subject"))])
    digest = hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()
    short = named[0].isascii() and named[0].isprintable() and len(named[0]) <= 80
    return f"{named[0]}{digest[:12]}" if short else digest


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """The body is a mail as its server has it (RFC 5322), or the header of one that is too large."""
    raw = request.body
    mail = read(raw)
    sender = _sender(mail.fields)
    if sender is None:
        return Unreadable("the mail says of nobody whom it is from")
    kind = automatic(mail.fields, sender.address, account.settings.address)
    told = reports(mail, account, words(value(mail.fields, "subject")), kind == "bounce")
    if told:
        return list(told)
    if kind == "own" and _is_ours(mail.fields, account):
        return []
    sent = _sent(mail.fields, account, sender, kind, key_of(raw))
    if raw.startswith(TOO_LARGE):
        return [_unsupported(sent, f"{sent.subject} ({_megabytes(raw)} MB)".strip(), "too_large")]
    found = _messages(mail, sent)
    return found or [_unsupported(sent, sent.subject, "empty" if mail.whole else "nested")]


def _sender(fields: Fields) -> Address | None:
    for name in ("from", "sender", "return-path", "x-original-sender"):
        found = addresses(fields, name)
        if found and len(found[0].address) <= 200:
            return found[0]
    return None


def _is_ours(fields: Fields, account: Account) -> bool:
    named = message_ids(value(fields, "message-id"))
    return bool(named) and any(is_own(account, named[0], one.address) for one in addresses(fields, "to")[:20])


def _sent(fields: Fields, account: Account, sender: Address, kind: Automatic, key: str) -> Sent:
    trust = verdict(fields, account.settings.server_name, sender.address)
    named = message_ids(value(fields, "message-id"))
    message_id = named[0] if named and len(named[0]) <= 200 else ""
    reply_to = _reply_to(fields, sender.address)
    believed = reply_to if trust == "pass" or _domain(reply_to) == _domain(sender.address) else ""
    quiet = kind != "" or wants_no_answer(fields)
    others = _others(fields, account, {sender.address, reply_to})
    copies = [] if quiet else _believed(others, sender.address, trust)
    return Sent(
        sender=sender,
        kind=kind,
        trust=trust,
        message_id=message_id,
        key=key,
        subject=words(value(fields, "subject"))[:300],
        reply_to=reply_to if not believed else "",
        others=others,
        ticket=ticket(fields, message_id, reply_to=believed, quiet=quiet, copies=copies),
        automatic=quiet or trust == "fail",
        quote_id=answered(fields, account, sender.address),
        sent_at=moment(value(fields, "date")),
    )


def _reply_to(fields: Fields, sender: str) -> str:
    """Where the sender wants answers, when that is one other place. Answers follow a forger nowhere: the core
    of it is believed only where the sender's domain vouches for the mail, or stays the same."""
    found = addresses(fields, "reply-to")
    return found[0].address if len(found) == 1 and found[0].address != sender else ""


def _others(fields: Fields, account: Account, known: Collection[str]) -> list[str]:
    """Who else has got the mail."""
    named = [one.address for name in ("to", "cc") for one in addresses(fields, name)]
    ours = account.settings.address.lower()
    return list(dict.fromkeys(one for one in named if one not in known and one != ours))


def _believed(others: Sequence[str], sender: str, trust: Verdict) -> list[str]:
    """Those a reply may go to as well: a forger is not to be sent our answers for the asking."""
    good = [one for one in others if one.isascii() and len(one) <= 200 and not is_machine(one)]
    return [one for one in good if trust == "pass" or _domain(one) == _domain(sender)][:COPIES]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _megabytes(raw: bytes) -> int:
    size = raw[len(TOO_LARGE) :].split(b"\r\n", 1)[0].strip()
    return int(size) // (1024 * 1024) if size.isdigit() and len(size) < 16 else 0


def _messages(mail: Mail, sent: Sent) -> list[Came]:
    shown = _shown(mail)[:TEXT]
    text = all_words(shown) if is_forward(sent.subject) else own_words(shown)
    # What she quotes of ours is known here; of other mail she may mean just that.
    is_cut = not sent.quote_id and text not in {unsigned(shown), all_words(shown)}
    standing = {one.lower() for one in PICTURE.findall(text)}
    quoted = {one.lower() for one in PICTURE.findall(shown)} - standing
    files = [part for part in mail.files if not part.content_id or part.content_id.lower() not in quoted]
    names = {part.content_id.lower(): part.name for part in files if part.content_id}
    text = PICTURE.sub(lambda mark: f"[{names.get(mark[1].lower(), '图片')}]", text).strip()
    found: list[Came] = []
    whole = _with_notes(text, sent, len(files) - FILES)
    if whole:
        found.append(_text(sent, whole))
    for part in files[:FILES]:
        found.append(_file(sent, part, first=not found))
    if is_cut:
        found.append(_original(sent, PICTURE.sub("", all_words(shown))))
    return found


def _shown(mail: Mail) -> str:
    """The body as text; of the two ways to write it the one that says more of where quotes begin."""
    from_html = to_text(mail.html) if mail.html else ""
    return from_html if from_html.strip() else mail.plain


def _with_notes(text: str, sent: Sent, left_out: int) -> str:
    lines = [_MARKS[sent.kind]] if sent.kind else []
    if sent.trust == "fail":
        lines.append(_UNVERIFIED)
    if sent.reply_to:
        lines.append(f"[Reply-To: {sent.reply_to}]")
    if sent.others:
        more = f" +{len(sent.others) - _NAMED}" if len(sent.others) > _NAMED else ""
        lines.append(f"[同时发给 · also to: {', '.join(sent.others[:_NAMED])}{more}]")
    if left_out > 0:
        lines.append(f"[+{left_out} 个附件未收取 · files left out]")
    # A reply's subject says nothing new; the first mail's is half of what she wants.
    begins = sent.subject and (plain_subject(sent.subject) == sent.subject.strip() or not text)
    if begins and not sent.quote_id and sent.subject not in text[: len(sent.subject) + 10]:
        lines.append(sent.subject + "\n" if text else sent.subject)
    return "\n".join([*lines, text]).strip() if text or lines else ""


def _text(sent: Sent, text: str) -> Inbound:
    return Inbound(
        external_id=sent.sender.address,
        dedup_key=f"{sent.key}#0",
        kind="text",
        text=text,
        person=_person(sent),
        message_id=sent.message_id,
        quote_id=sent.quote_id,
        sent_at=sent.sent_at,
        original_kind=sent.kind or "mail",
        ticket=sent.ticket,
        automatic=sent.automatic,
    )


def _file(sent: Sent, part: Part, *, first: bool) -> Inbound:
    return Inbound(
        external_id=sent.sender.address,
        dedup_key=f"{sent.key}#{part.number}",
        kind="file",
        file=InboundFile(name=part.name, media_type=part.media_type, data=part.data),
        person=_person(sent),
        message_id=sent.message_id if first else "",
        quote_id=sent.quote_id if first else "",
        sent_at=sent.sent_at,
        original_kind=sent.kind or ("inline" if part.content_id and not part.attached else "attachment"),
        ticket=sent.ticket,
        automatic=sent.automatic,
    )


def _original(sent: Sent, text: str) -> Inbound:
    """The words with all they answer, for who wants to look it up."""
    file = InboundFile(name="original.txt", media_type="text/plain", data=text.encode("utf-8", "replace"))
    return structs.replace(
        _text(sent, ""),
        dedup_key=f"{sent.key}#all",
        kind="file",
        file=file,
        message_id="",
        original_kind=sent.kind or "original",
    )


def _unsupported(sent: Sent, summary: str, kind: str) -> Inbound:
    found = Inbound.unsupported(
        sent.sender.address,
        f"{sent.key}#0",
        kind,
        summary=summary,
        person=_person(sent),
        sent_at=sent.sent_at,
        message_id=sent.message_id,
        ticket=sent.ticket,
    )
    return structs.replace(found, automatic=sent.automatic)


def _person(sent: Sent) -> Person:
    """Whoever it says it is from; herself only where our own server says that her domain vouches for it."""
    return Person(name=sent.sender.name, email=sent.sender.address, vouched=sent.trust == "pass")
