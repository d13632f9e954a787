"""A reply as a mail: text and HTML, in the thread it belongs to, byte by byte the same over all attempts."""

import re
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from html import escape

from kezhan.channels.adapters.email.auto import LOOP_HEADER
from kezhan.channels.adapters.email.headers import FAULTS
from kezhan.channels.adapters.email.html import OWN_CLASS
from kezhan.channels.adapters.email.thread import Ticket, plain_subject
from kezhan.channels.base import Account, Outbound

_ID = re.compile(r"<[^<>\s]{3,400}>")
_TYPE = re.compile(r"([\w.+-]{1,60})/([\w.+-]{1,100})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LONG = SMTP.clone(max_line_length=998)


class _Wire(EmailPolicy):
    """Ids longer than a line of 78 would be written as encoded words, and no client ties such mail to its
    thread; they alone get long lines, as the words of people are to stay in short ones."""

    def fold_binary(self, name: str, value: str) -> bytes:
        ids = name.lower() in {"references", "in-reply-to", "message-id"}
        return (_LONG if ids else SMTP).fold_binary(name, value)


_WIRE = _Wire(linesep="\r\n")


def can_stand(address: str) -> bool:
    """Whether it can be written into a header."""
    try:
        Address(addr_spec=address)
    except (*FAULTS, MessageError):
        return False
    return address.isascii()


def composed(
    account: Account,
    outbound: Outbound,
    ticket: Ticket,
    message_id: str,
    recipients: Sequence[str],
    content: bytes,
) -> bytes:
    """The mail as it travels, to the first of them with copies to the others. Raises ValueError where an
    address cannot stand in a header."""
    mail = EmailMessage(policy=SMTP)
    _head(mail, account, outbound, ticket, message_id, recipients)
    text = _CONTROL.sub(_line_ends, "\n\n".join(part for part in _words(account, outbound) if part))
    mail.set_content(text + "\n", cte=_encoding(text))
    html = f'<div class="{OWN_CLASS}" style="white-space:pre-wrap">{escape(text)}</div>\n'
    mail.add_alternative(html, subtype="html", cte=_encoding(html))
    file = outbound.file
    if file is not None:
        kind = _TYPE.fullmatch(file.media_type)
        main, sub = (kind[1], kind[2]) if kind is not None else ("application", "octet-stream")
        if main in {"multipart", "message"}:
            main, sub = "application", "octet-stream"
        name = _CONTROL.sub(" ", file.name)[:200] or "file"
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    token = message_id.strip("<>").partition("@")[0]
    for index, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"={index}={token}")
    return mail.as_bytes(policy=_WIRE)


def _head(
    mail: EmailMessage,
    account: Account,
    outbound: Outbound,
    ticket: Ticket,
    message_id: str,
    recipients: Sequence[str],
) -> None:
    address = account.settings.address
    mail["From"] = Address(_from_name(account, outbound), addr_spec=address)
    mail["To"] = Address(addr_spec=recipients[0])
    if recipients[1:]:
        mail["Cc"] = tuple(Address(addr_spec=one) for one in recipients[1:])
    subject = plain_subject(ticket.subject)
    mail["Subject"] = f"Re: {subject}" if subject else account.settings.subject
    mail["Date"] = format_datetime(outbound.at)
    mail["Message-ID"] = message_id
    answers = _answers(outbound, ticket)
    if answers:
        mail["In-Reply-To"] = answers
        known = [one for one in ticket.references if _ID.fullmatch(one) and one.isascii()]
        newest = [ticket.message_id] if _is_id(ticket.message_id) else []
        thread = [one for one in dict.fromkeys([*known, *newest]) if one != answers]
        mail["References"] = " ".join([*thread, answers])
    if outbound.agent_name and account.settings.ask_receipts:
        mail["Disposition-Notification-To"] = address
    if not outbound.agent_name:
        # Written by a machine of ours: other machines are not to answer (RFC 3834).
        mail["Auto-Submitted"] = "auto-replied" if answers else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail[LOOP_HEADER] = address
    mail["MIME-Version"] = "1.0"


def _answers(outbound: Outbound, ticket: Ticket) -> str:
    """The message that is answered: the one quoted, else her newest."""
    named = (outbound.quote_id, ticket.message_id, outbound.last_message_id)
    return next((one for one in named if _is_id(one)), "")


def _is_id(text: str) -> bool:
    return bool(_ID.fullmatch(text)) and text.isascii() and text.isprintable()


def _from_name(account: Account, outbound: Outbound) -> str:
    agent, house = _CONTROL.sub(" ", outbound.agent_name).strip(), account.settings.name
    return f"{agent} · {house}" if agent and house else agent or house


def _words(account: Account, outbound: Outbound) -> tuple[str, str]:
    signature = account.settings.signature.strip()
    return outbound.text, f"-- \n{signature}" if signature and outbound.first else ""


def _line_ends(found: re.Match[str]) -> str:
    """Line ends as they are; of other control characters nothing."""
    return "\n" * found[0].replace("\r\n", "\n").count("\n") + "\t" * found[0].count("\t")


def _encoding(text: str) -> str:
    return "quoted-printable" if text.isascii() else "base64"
