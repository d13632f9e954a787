"""A text with buttons below it as a card, and what is told when one is pressed. A button's key says which it
is and what stands on it."""

from typing import Any

from kezhan.channels.base import Came, Inbound, Outbound
from kezhan.channels.vendors.tencent.fields import Fields, moment, word

PRESSED = "template_card_event"
MOST = 6
TEXT_BYTES = 480
"""A hundred and sixty characters of Chinese below the title."""
_TITLE = 36
_OURS = "kezhan-"


def card_of(outbound: Outbound) -> dict[str, Any]:
    """The first line is the title; one that is too long for it stands below once more, whole."""
    first, _, rest = outbound.text.partition("\n")
    whole = len(first) <= _TITLE
    below = rest.strip() if whole else outbound.text
    return {
        "card_type": "button_interaction",
        "main_title": {"title": first if whole else f"{first[: _TITLE - 1]}…"},
        **({"sub_title_text": below} if below else {}),
        "button_list": [{"text": one.text, "key": f"{one.ref} {one.text}"} for one in outbound.buttons],
        # The platform takes each name once, of letters, digits and dashes.
        "task_id": _OURS + outbound.event_id.replace(".", "-"),
    }


def pressed(fields: Fields, key: str) -> list[Came] | None:
    """None where the card is none of ours."""
    if not word(fields, "TaskId").startswith(_OURS):
        return None
    ref, _, label = word(fields, "EventKey").partition(" ")
    if not (ref and label):
        return None
    return [
        Inbound(
            external_id=word(fields, "FromUserName"),
            dedup_key=key,
            kind="text",
            text=label,
            sent_at=moment(fields, "CreateTime"),
            original_kind=PRESSED,
            tap=ref[:64],
        )
    ]
