"""How a message is cut and made less for a channel that carries little."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels.base import (
    Button,
    Capabilities,
    CardNeeds,
    MiniPage,
    Outbound,
    OutboundCard,
    OutboundFile,
    Place,
    TemplateUse,
)
from kezhan.channels.parts import carries, cut, length_in, parts_of
from kezhan.kit.ids import new_id

PNG = OutboundFile(url="https://files.example/a", name="a.png", media_type="image/png", size=1000)
IMAGES = Capabilities(sends=frozenset({"text", "file"}), files={"image/*": 2000, "audio/amr": 500})


def outbound(**more: object) -> Outbound:
    known = {"event_id": "e", "what": "message", "at": datetime.now(UTC), "conversation_id": new_id()}
    return Outbound(**{**known, "external_id": "c", "seq": 1, **more})  # type: ignore[arg-type]


@given(text=some.text(), most=some.integers(4, 40), unit=some.sampled_from(["characters", "bytes", "utf16"]))
def test_no_piece_is_too_long_and_nothing_but_space_is_lost(text: str, most: int, unit: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    length = length_in(Capabilities(text_unit=unit))  # type: ignore[arg-type]
    pieces = cut(text, most, length)
    assert all(length(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_it_is_cut_where_a_reader_would() -> None:
    text = "第一段说明。第二句还在这里！\n\n第二段从这里开始，也有两句。最后一句。"
    assert cut(text, 20, len) == ["第一段说明。第二句还在这里！", "第二段从这里开始，也有两句。最后一句。"]
    assert cut("a" * 25, 10, len) == ["a" * 10, "a" * 10, "a" * 5]
    assert cut("", 10, len) == [""]


@pytest.mark.parametrize(("unit", "length"), [("characters", 3), ("bytes", 10), ("utf16", 4)])
def test_a_channel_counts_in_its_own_unit(unit: str, length: int) -> None:
    assert length_in(Capabilities(text_unit=unit))("好的😀") == length  # type: ignore[arg-type]


def test_parts_are_told_apart_and_the_first_keeps_the_events_name_and_the_quote() -> None:
    one, two = parts_of(Capabilities(text_length=5), outbound(text="12345 6789", quote_seq=3, quote_id="q"))
    assert (one.event_id, two.event_id) == ("e", "e.1")
    assert (one.text, two.text) == ("12345", "6789")
    assert (one.first, one.quote_seq, one.quote_id) == (True, 3, "q")
    assert (two.first, two.quote_seq, two.quote_id) == (False, None, "")


CARD = OutboundCard(title="壶", text="¥9", url="https://shop.example/1")
BUTTONS = (Button(text="要", ref="r.1.0"), Button(text="看看", url="https://shop.example/2"))


@pytest.mark.parametrize(
    ("able", "text", "left"),
    [
        (
            {},
            "好\n壶\n¥9\nhttps://shop.example/1\n[要]\n看看 https://shop.example/2",
            (False, 0),
        ),
        ({"cards": True, "buttons": 3, "button_links": True}, "好", (True, 2)),
        ({"cards": True, "buttons": 3}, "好\n看看 https://shop.example/2", (True, 1)),
        ({"cards": True, "buttons": 1, "button_text": 1}, "好\n看看 https://shop.example/2", (True, 1)),
        (
            {"cards": True, "buttons": 1, "button_links": True},
            "好\n看看 https://shop.example/2",
            (True, 1),
        ),
        ({"buttons": 9, "button_links": True, "buttons_linked": 2, "cards": True}, "好", (True, 2)),
        (
            {"buttons": 9, "button_links": True, "buttons_linked": 1, "cards": True},
            "好\n看看 https://shop.example/2",
            (True, 1),
        ),
    ],
)
def test_what_the_channel_does_not_draw_becomes_lines(
    able: dict[str, Any], text: str, left: tuple[bool, int]
) -> None:
    (part,) = parts_of(Capabilities(**able), outbound(text="好", card=CARD, buttons=BUTTONS))
    assert (part.text, (part.card is not None, len(part.buttons))) == (text, left)


PLACE = OutboundCard(
    title="客栈",
    text="山路 1 号\n31.200000, 121.500000",
    place=Place(latitude=31.2, longitude=121.5, address="山路 1 号"),
)
PERSON = OutboundCard(title="林晚晴", text="110", phone="110")


@pytest.mark.parametrize(
    ("able", "card", "parts"),
    [
        ({"cards": True, "card_text": 1}, CARD, [("好\n壶\n¥9\nhttps://shop.example/1", False)]),
        ({}, PLACE, [("好\n客栈\n山路 1 号\n31.200000, 121.500000", False)]),
        ({"persons": True}, PLACE, [("好\n客栈\n山路 1 号\n31.200000, 121.500000", False)]),
        ({"places": True}, PERSON, [("好\n林晚晴\n110", False)]),
        ({"places": True}, PLACE, [("好", False), ("", True)]),
        ({"persons": True}, PERSON, [("好", False), ("", True)]),
        ({"cards": True}, PLACE, [("好", True)]),
        ({"cards": True, "cards_alone": True}, CARD, [("好", False), ("", True)]),
    ],
)
def test_a_place_or_a_person_goes_by_itself_or_as_lines(
    able: dict[str, Any], card: OutboundCard, parts: list[tuple[str, bool]]
) -> None:
    said = parts_of(Capabilities(**able), outbound(text="好", card=card))
    assert [(one.text, one.card is not None) for one in said] == parts
    (*_, alone) = parts_of(Capabilities(**able), outbound(card=card))
    assert (alone.card is not None, alone.event_id) == (parts[-1][1], "e")


def test_the_picture_of_a_card_goes_as_a_file_where_a_text_stands_below_it() -> None:
    card = structs.replace(CARD, picture=PNG)
    able = Capabilities(sends=frozenset({"text", "file"}), captions=True, buttons=2, button_links=True)
    (part,) = parts_of(able, outbound(text="好", card=card))
    assert (part.kind, part.file, part.text) == ("file", PNG, "好\n壶\n¥9\nhttps://shop.example/1")
    (pressed,) = parts_of(able, outbound(text="好", card=card, buttons=BUTTONS))
    assert (pressed.file, len(pressed.buttons)) == (None, 2), "buttons stand below a text alone"
    (told,) = parts_of(structs.replace(able, captions=False), outbound(card=structs.replace(card, url="")))
    assert (told.file, told.text.splitlines()[-1]) == (None, PNG.url)


def test_card_and_buttons_stand_below_the_last_piece() -> None:
    able = Capabilities(cards=True, buttons=2, button_links=True, button_body=5)
    one, two = parts_of(able, outbound(text="12345 6789", card=CARD, buttons=BUTTONS))
    assert (one.card, len(one.buttons), two.card, len(two.buttons)) == (None, 0, CARD, 2)


@pytest.mark.parametrize(
    ("media_type", "size", "goes"),
    [
        ("image/png", 2000, True),
        ("image/png", 2001, False),
        ("audio/amr", 500, True),
        ("application/pdf", 1, False),
    ],
)
def test_a_file_goes_as_one_where_its_type_and_size_do(media_type: str, size: int, goes: bool) -> None:
    file = OutboundFile(url="", name="f", media_type=media_type, size=size)
    assert carries(IMAGES, file) is goes


def test_any_file_goes_where_no_types_are_named_and_none_where_files_do_not() -> None:
    assert carries(Capabilities(sends=frozenset({"file"})), PNG)
    assert not carries(Capabilities(), PNG)
    assert not carries(Capabilities(sends=frozenset({"file"}), file_bytes=999), PNG)


def test_a_file_the_channel_does_not_take_goes_as_a_link_behind_its_text() -> None:
    (only,) = parts_of(Capabilities(), outbound(kind="file", text="看这里", file=PNG), "https://k.example/f")
    assert (only.kind, only.file, only.text) == ("text", None, "看这里\na.png https://k.example/f")


def test_text_and_file_go_in_two_where_the_channel_has_no_captions() -> None:
    text, file = parts_of(IMAGES, outbound(kind="file", text="看这里", file=PNG))
    assert (text.kind, text.text, text.file) == ("text", "看这里", None)
    assert (file.kind, file.text, file.file) == ("file", "", PNG)
    with_captions = Capabilities(sends=frozenset({"text", "file"}), captions=True)
    (both,) = parts_of(with_captions, outbound(kind="file", text="看这里", file=PNG))
    assert (both.kind, both.text, both.file) == ("file", "看这里", PNG)
    (alone,) = parts_of(IMAGES, outbound(kind="file", file=PNG))
    assert (alone.file, alone.event_id) == (PNG, "e")


def test_edits_stay_one_and_recalls_closes_and_templates_as_they_are() -> None:
    short = Capabilities(text_length=4)
    assert [one.text for one in parts_of(short, outbound(what="edited", text="1234 5678"))] == ["1234"]
    for same in (
        outbound(what="recalled"),
        outbound(what="closed"),
        outbound(text="a long one", template=TemplateUse(name="n", language="en")),
    ):
        assert parts_of(short, same) == [same]


@pytest.mark.parametrize(
    ("text", "url", "picture", "drawn"),
    [
        ("", "https://shop.example/1", "image/png", True),
        ("这款？", "https://shop.example/1", "image/png", False),
        ("", "", "image/png", False),
        ("", "https://shop.example/1", "image/gif", False),
        ("", "https://shop.example/1", "", False),
    ],
)
def test_a_card_without_what_its_platform_needs_goes_as_text(
    text: str, url: str, picture: str, drawn: bool
) -> None:
    needs = CardNeeds(alone=True, url=True, pictures=frozenset({"image/png"}))
    shown = OutboundFile(url="https://files.example/p", name="p", media_type=picture, size=9)
    card = OutboundCard(title="手冲壶", url=url, picture=shown if picture else None)
    sent = outbound(text=text, card=card)
    (part,) = parts_of(Capabilities(cards=True, card_needs=needs), sent)
    assert (part.card == card, "手冲壶" in part.text) == (drawn, not drawn)


@pytest.mark.parametrize(
    ("pages_of", "more", "opens"),
    [
        ("", {}, True),
        ("wx1", {}, True),
        ("wx2", {}, False),
        ("", {"text": "这款？"}, False),
        ("", {"buttons": [Button(text="要", ref="r")]}, False),
    ],
)
def test_a_page_is_opened_where_it_costs_no_more_than_one_message(
    pages_of: str, more: dict[str, Any], opens: bool
) -> None:
    needs = CardNeeds(alone=True, pictures=frozenset({"image/png"}))
    able = Capabilities(
        cards=True, card_needs=CardNeeds(alone=True, url=True), pages=needs, pages_of=pages_of
    )
    page = MiniPage(app_id="wx1", path="pages/item?id=7")
    card = OutboundCard(title="手冲壶", url="https://shop.example/1", picture=PNG, page=page)
    (part,) = parts_of(able, outbound(card=card, **more))
    assert (part.card is not None and part.card.page is not None) is opens
    assert opens or more or part.card == structs.replace(card, page=None), "drawn as any other"
    assert not more or "https://shop.example/1" in part.text
    (bare,) = parts_of(able, outbound(card=structs.replace(card, picture=None), **more))
    assert bare.card is None or bare.card.page is None


def test_a_place_is_no_second_message_where_they_are_counted() -> None:
    able = Capabilities(places=True, card_needs=CardNeeds(alone=True))
    (told,) = parts_of(able, outbound(text="在这里", card=PLACE))
    assert (told.card, "山路 1 号" in told.text) == (None, True)
    (shown,) = parts_of(able, outbound(card=PLACE))
    assert shown.card == PLACE


def test_a_voice_message_goes_whatever_files_may() -> None:
    voice = OutboundFile(url="", name="v", media_type="audio/amr", size=9, milliseconds=900)
    able = Capabilities(sends=frozenset({"text", "file"}), files={"image/*": 2000})
    assert carries(able, voice)
    assert not carries(able, structs.replace(voice, milliseconds=0))
