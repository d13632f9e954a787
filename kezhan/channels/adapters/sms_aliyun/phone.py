"""Numbers: +8613711112222 here, without a prefix there."""

_MAINLAND = "86"


def international(number: str) -> str:
    """E.164 of 13711112222, 8613711112222, 0086…, +86… and of foreign numbers with their country. Empty where
    it has no digits."""
    digits = "".join(one for one in number if one.isascii() and one.isdecimal())
    if digits.startswith("00"):
        digits = digits[2:]
    if len(digits) == 11 and digits.startswith("1") and not number.strip().startswith("+"):
        digits = _MAINLAND + digits
    return f"+{digits}" if digits else ""


def national(number: str) -> str:
    """As the platform dials it: mainland numbers bare, others with their country."""
    return number.removeprefix("+" + _MAINLAND).removeprefix("+")
