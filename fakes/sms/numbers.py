"""Telephone numbers, and what a text costs."""

import re

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€")
_MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})")
STOPS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
CHINESE_STOPS = {"R", "T", "TD"}


def mainland(number: str) -> str:
    """The eleven digits; "" for no mobile number of mainland China."""
    found = _MAINLAND.fullmatch(number)
    return found[1] if found else ""


def e164(number: str) -> bool:
    return re.fullmatch(r"\+[1-9]\d{6,14}", number) is not None


def segments(text: str) -> int:
    """GSM-7: 160 or 153 each; anything else is UCS-2: 70 or 67 each."""
    if set(text) <= _GSM | _GSM_TWICE:
        size = len(text) + sum(letter in _GSM_TWICE for letter in text)
        return 1 if size <= 160 else -(-size // 153)
    size = len(text.encode("utf-16-le")) // 2
    return 1 if size <= 70 else -(-size // 67)


def chinese_segments(text: str) -> int:
    """70 characters are one message, of a longer text each has 67."""
    return 1 if len(text) <= 70 else -(-len(text) // 67)
