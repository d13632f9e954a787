"""Mail no person has written: out-of-office notes, lists, newsletters, bounces, our own coming back.

Answering such mail by itself makes loops (RFC 3834); it is shown, and marked.
"""

import re
from typing import Literal

from kezhan.channels.adapters.email.headers import Fields, value, values, words

Automatic = Literal["", "auto_reply", "list", "bulk", "bounce", "own"]
LOOP_HEADER = "X-Kezhan-Loop"
_RESPONDERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")
_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help")
_MAILER = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster|mailerdaemon)@", re.IGNORECASE)
_NOBODY = re.compile(r"(?:no-?_?reply|do-?not-?reply|donotreply)[^@]{0,40}@", re.IGNORECASE)
_LISTED = re.compile(
    r"(?:owner-[^@]+|[^@]+-(?:bounces?|request|owner|admin|(?:un)?subscribe))@|[^@]+@(?:lists?|groups?|googlegroups"
    r"|freelists)\.",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office"
    r"|自动回复|自動回覆|自动答复|abwesenheitsnotiz|abwesend|réponse automatique)",
    re.IGNORECASE,
)


def automatic(fields: Fields, sender: str, mailbox: str) -> Automatic:
    """What sort of automatic mail this is; empty: a person's. `sender` in lower case."""
    if sender == mailbox.lower() or mailbox.lower() in (one.lower() for one in values(fields, LOOP_HEADER)):
        return "own"
    if _MAILER.match(sender):
        return "bounce"
    precedence = {value(fields, name).lower() for name in ("precedence", "x-precedence")}
    submitted = value(fields, "auto-submitted").partition(";")[0].strip().lower()
    is_away = bool(_AWAY.match(words(value(fields, "subject")))) or "auto_reply" in precedence
    if is_away or submitted == "auto-replied" or any(values(fields, name) for name in _RESPONDERS):
        return "auto_reply"
    if "list" in precedence or any(values(fields, name) for name in _LISTS):
        return "list"
    if submitted not in {"", "no"} or precedence & {"bulk", "junk"} or _NOBODY.match(sender):
        return "bulk"
    return "bounce" if value(fields, "return-path").replace(" ", "") == "<>" else ""


def is_machine(address: str) -> bool:
    """Whether it looks like no person's: a list's, or one that nobody reads."""
    return any(known.match(address) for known in (_LISTED, _MAILER, _NOBODY))


def wants_no_answer(fields: Fields) -> bool:
    """The sender asks machines to be silent; a person may have written all the same."""
    asked = value(fields, "x-auto-response-suppress").lower()
    return any(word in asked for word in ("all", "oof", "autoreply"))
