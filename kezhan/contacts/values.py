"""Names, addresses and numbers: cleaned, checked, and turned into the keys they are found by."""

import re
import unicodedata
from typing import Any
from uuid import UUID

from kezhan.contacts.schemas import MAX_EMAIL, MAX_LANGUAGE, MAX_NAME, AttributeMap, Profile
from kezhan.workspaces.names import email_key, sort_key

NAMELESS = "\U0010ffff"
"""The sort key of a contact without a name: behind everybody who has one, emoji too."""

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>\"',;]{1,64}@[^@\s\x00-\x1f\x7f<>\"',;]+")
_PHONE_NOISE = re.compile(r"[\s().\-\u2010-\u2015]")
_PHONE = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_HOME = "+86"
MAX_UNION = 250


def one_line(text: str) -> str:
    """`text` without control characters and stray spaces."""
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text).split())


def checked_email(text: str) -> str | None:
    """The address, or None where it is none."""
    found = unicodedata.normalize("NFKC", text.strip())
    return found if len(found) <= MAX_EMAIL and _EMAIL.fullmatch(found) else None


def checked_phone(text: str) -> str | None:
    """The number without spaces, dots and brackets, or None where it is none."""
    found = _PHONE_NOISE.sub("", unicodedata.normalize("NFKC", text))
    return found if _PHONE.fullmatch(found) else None


def checked_language(text: str) -> str | None:
    found = text.strip()
    return found if len(found) <= MAX_LANGUAGE and _LANGUAGE.fullmatch(found) else None


def phone_key(phone: str) -> str:
    """Digits; the home country's prefix is left out, since people type numbers without it."""
    return phone.removeprefix(_HOME).lstrip("+")


def name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def pinyin_key(name: str) -> str:
    """Without spaces, so that a search may be typed `zhangsan` or `zhang san`."""
    return sort_key(name).replace(" ", "")


def name_values(name: str) -> dict[str, Any]:
    order = pinyin_key(name) if name else NAMELESS
    return {"name": name, "name_key": name_key(name), "sort_key": order}


def email_values(email: str | None) -> dict[str, Any]:
    return {"email": email, "email_key": email_key(email) if email else None}


def phone_values(phone: str | None) -> dict[str, Any]:
    return {"phone": phone, "phone_key": phone_key(phone) if phone else None}


def storable(attributes: AttributeMap) -> AttributeMap:
    """Without NUL, which the database does not hold."""
    return {
        name.replace("\0", ""): value.replace("\0", "") if isinstance(value, str) else value
        for name, value in attributes.items()
    }


def profile_values(profile: Profile) -> dict[str, Any]:
    """The columns a profile fills. What is not usable is left out: a customer is not turned away because her
    site or platform tells nonsense about her."""
    values: dict[str, Any] = {}
    if name := one_line(profile.name)[:MAX_NAME].strip():
        values |= name_values(name)
    if email := checked_email(profile.email):
        values |= email_values(email)
    if phone := checked_phone(profile.phone):
        values |= phone_values(phone)
    if language := checked_language(profile.language):
        values["language"] = language
    return values


def proven_keys(profile: Profile) -> dict[str, str]:
    """Column → key of what is proved to name her, and nobody else, wherever she comes."""
    keys = {"union_key": profile.union[:MAX_UNION]} if profile.union else {}
    if profile.email_proven and (email := checked_email(profile.email)):
        keys["email_key"] = email_key(email)
    if profile.phone_proven and (phone := checked_phone(profile.phone)):
        keys["phone_key"] = phone_key(phone)
    return keys


def search_range(query: str) -> tuple[str, str]:
    """(the key column, the beginning to look for) for what somebody typed into the search field."""
    text = unicodedata.normalize("NFKC", one_line(query))
    if "@" in text:
        return "email_key", email_key(text)
    phone = _PHONE_NOISE.sub("", text)
    if phone.lstrip("+").isdecimal() and phone.isascii():
        return "phone_key", phone_key(phone)
    typed = name_key(text)
    return ("sort_key", typed.replace(" ", "")) if typed.isascii() else ("name_key", typed)


def visitor_number(contact_id: UUID) -> str:
    """Six digits from the random end of the id."""
    return "%06d" % (contact_id.int % 1_000_000)  # noqa: UP031 - a third of the time, of each row of a list
