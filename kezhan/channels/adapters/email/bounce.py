"""Mail that tells what has become of a mail of ours: delivery reports (RFC 3464), read receipts (RFC 8098),
and the bounces of servers that only write a page about it.

A report counts where it names a message id of ours that went to the very address it is about; anything else
is somebody's mail like any other.
"""

import re
from collections.abc import Iterable, Sequence

from kezhan.channels.adapters.email.charsets import decoded
from kezhan.channels.adapters.email.codes import ENHANCED, enhanced, fault_of
from kezhan.channels.adapters.email.headers import Fields, addresses_in, read_fields, value, values
from kezhan.channels.adapters.email.html import to_text
from kezhan.channels.adapters.email.mime import Mail, Part
from kezhan.channels.adapters.email.thread import is_own, own_ids_in
from kezhan.channels.base import Account, Happened, Progress

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINAL = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})
_READ = 256 * 1024
_RECIPIENTS = 50
_WHY = re.compile(r"(?:退信原因|失败原因|原因|reason)[^\n:：]{0,20}[:：]?\s*([^\n]{3,200})", re.IGNORECASE)
_CODE = re.compile(r"(?<!\d)[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3}\s)?[^\n]{0,160}")
_BOUNCED = re.compile(
    r"退信|系统退信|投递失败|undeliver|delivery (?:status|failure|has failed)|returned mail"
    r"|returned to sender|failure notice|mail delivery failed",
    re.IGNORECASE,
)

Told = Progress | Happened


def reports(mail: Mail, account: Account, subject: str, from_mailer: bool) -> Sequence[Told]:
    """What the mail tells of ours; nothing where it is no report, or not about mail of ours. `from_mailer`:
    the sender is a mail system's own."""
    status = next((part for part in mail.parts if part.media_type in _STATUS), None)
    if status is not None:
        return _delivery(mail, account, status)
    seen = next((part for part in mail.parts if part.media_type == "message/disposition-notification"), None)
    if seen is not None:
        return _seen(account, seen)
    if from_mailer and _BOUNCED.search(subject):
        return _page(mail, account)
    return ()


def _delivery(mail: Mail, account: Account, status: Part) -> Sequence[Told]:
    blocks = _blocks(status)
    ids = _ids(mail)
    told: list[Told] = []
    for block in blocks[:_RECIPIENTS]:
        action = value(block, "action").lower()
        named = _recipients(block) or _of_originals(mail)
        found = _whose(account, ids, named)
        if found is None or not action:
            continue
        message_id, recipient = found
        if action == "failed":
            told.append(_failed(recipient, message_id, value(block, "status"), _diagnosis(block)))
        elif action == "delayed":
            told.append(
                Happened(external_id=recipient, dedup_key=f"delayed:{message_id}"[:200], event="mail_delayed")
            )
        elif action in {"delivered", "relayed", "expanded"}:
            told.append(Progress(external_id=recipient, message_id=message_id, state="delivered"))
    return told


def _failed(recipient: str, message_id: str, code: str, why: str) -> Progress:
    plain = enhanced(code) or enhanced(why)
    said = f"{plain} {why}".strip() if plain not in why else why
    return Progress(
        external_id=recipient,
        message_id=message_id,
        state="failed",
        fault=fault_of(plain, why),
        why=(said or "bounced")[:300],
    )


def _seen(account: Account, part: Part) -> Sequence[Told]:
    for block in _blocks(part):
        if "displayed" not in value(block, "disposition").lower():
            continue
        ids = own_ids_in(value(block, "original-message-id"))
        found = _whose(account, ids, _recipients(block))
        if found is not None:
            return [Progress(external_id=found[1], message_id=found[0], state="read")]
    return ()


def _page(mail: Mail, account: Account) -> Sequence[Told]:
    text = to_text(mail.html) if mail.html else mail.plain
    named = [one for field in values(mail.fields, "x-failed-recipients") for one in addresses_in(field)]
    named += addresses_in(text[:_READ]) + _of_originals(mail)
    found = _whose(account, [*_ids(mail), *own_ids_in(text[:_READ])], named[:_RECIPIENTS])
    if found is None:
        return ()
    coded = _CODE.search(text)
    reason = _WHY.search(text)
    why = coded[0] if coded is not None else reason[1] if reason is not None else ""
    code = ENHANCED.search(text)
    return [_failed(found[1], found[0], code[1] if code is not None else "", why.strip())]


def _blocks(part: Part) -> list[Fields]:
    """The groups of fields of a report, one about the whole and one a recipient."""
    raw = part.data[:_READ].replace(b"\r\n", b"\n").strip(b"\n")
    return [read_fields(block + b"\n\n") for block in re.split(rb"\n[ \t]*\n", raw)]


def _recipients(block: Fields) -> list[str]:
    named = ("original-recipient", "final-recipient", "x-actual-recipient")
    return [one for name in named for one in addresses_in(value(block, name).partition(";")[2])]


def _diagnosis(block: Fields) -> str:
    text = value(block, "diagnostic-code")
    return (text.partition(";")[2] or text).strip()


def _originals(mail: Mail) -> Iterable[bytes]:
    return (part.data[:_READ] for part in mail.parts if part.media_type in _ORIGINAL)


def _of_originals(mail: Mail) -> list[str]:
    """To whom the mails went that the report encloses."""
    return [one for raw in _originals(mail) for one in addresses_in(value(read_fields(raw), "to"))]


def _ids(mail: Mail) -> list[str]:
    """Every id of our shape in the enclosed mails, then in the report's own header."""
    found = [one for raw in _originals(mail) for one in own_ids_in(decoded(raw))]
    for name in ("in-reply-to", "references", "x-original-message-id", "original-message-id"):
        found += own_ids_in(value(mail.fields, name))
    return list(dict.fromkeys(found))[:_RECIPIENTS]


def _whose(account: Account, ids: Sequence[str], named: Sequence[str]) -> tuple[str, str] | None:
    pairs = ((one, to) for one in ids for to in dict.fromkeys(named))
    return next((pair for pair in pairs if is_own(account, *pair)), None)
