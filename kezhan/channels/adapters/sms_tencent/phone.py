"""Numbers: +8613711112222 on both sides; what comes in has its country apart."""


def international(country: str, number: str) -> str:
    """E.164 of a number without its country, or with it as +86… or 0086…. Empty where it has no digits."""
    digits = _digits(number)
    if number.strip().startswith("+"):
        return f"+{digits}" if digits else ""
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{_digits(country)}{digits}" if digits else ""


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isascii() and one.isdecimal())
