"""A platform's names for things, as we can hold them."""

import hashlib

EXTERNAL_ID = 200


def external(external_id: str) -> str:
    """Of a customer."""
    return short(external_id, EXTERNAL_ID)


def short(key: str, limit: int) -> str:
    """The platform's name for something where we can hold it, else its digest."""
    if 0 < len(key) <= limit and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
