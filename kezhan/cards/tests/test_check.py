"""What a card may be, and what it says in plain words."""

from uuid import UUID

import pytest

from kezhan.cards.check import bare, checked
from kezhan.cards.schemas import (
    Card,
    CardButton,
    CardContent,
    LinkCard,
    MiniPage,
    OrderCard,
    OrderItem,
    PersonCard,
    PlaceCard,
    ProductCard,
)
from kezhan.cards.words import told
from kezhan.kit.errors import Refused
from kezhan.kit.words import say

URL = "https://shop.example/p/1"
LONG = "长" * 600


def paged(*, url: str = URL, app_id: str = "wxb11529c136998cb6", path: str = "pages/item?id=7") -> LinkCard:
    return LinkCard(title="手冲壶", url=url, page=MiniPage(app_id=app_id, path=path))


@pytest.mark.parametrize(
    ("card", "code", "field"),
    [
        (ProductCard(title=" "), "cards.empty", "card.title"),
        (ProductCard(title=LONG), "cards.long", "card.title"),
        (ProductCard(title="壶", price=LONG), "cards.long", "card.price"),
        (ProductCard(title="壶", url="javascript:alert(1)"), "cards.bad_address", "card.url"),
        (ProductCard(title="壶", image_url="data:text/html,x"), "cards.bad_address", "card.image_url"),
        (ProductCard(title="壶", url="https://bank.example@evil.example/"), "cards.bad_address", "card.url"),
        (ProductCard(title="壶", url="https://a b.example/"), "cards.bad_address", "card.url"),
        (ProductCard(title="a\0b"), "kit.bad_text", "card.title"),
        (LinkCard(title="帮助", url=""), "cards.no_address", "card.url"),
        (LinkCard(title="帮助", url="file:///etc/passwd"), "cards.bad_address", "card.url"),
        (paged(url=""), "cards.no_address", "card.url"),
        (paged(app_id="wx1"), "cards.bad_app", "card.page.app_id"),
        (paged(path="/"), "cards.bad_path", "card.page.path"),
        (paged(path="pages/a b"), "cards.bad_path", "card.page.path"),
        (paged(path="p" * 1001), "cards.long", "card.page.path"),
        (OrderCard(number=""), "cards.empty", "card.number"),
        (OrderCard(number="1", items=[OrderItem(title="壶")] * 21), "cards.many_items", "card.items"),
        (OrderCard(number="1", items=[OrderItem(title="壶", count=0)]), "cards.bad_count", "card.items"),
        (OrderCard(number="1", items=[OrderItem(title="")]), "cards.empty", "card.items.0.title"),
        (PlaceCard(title="", latitude=1, longitude=1), "cards.empty", "card.title"),
        (PlaceCard(title="店", latitude=90.1, longitude=1), "cards.bad_place", "card.latitude"),
        (PlaceCard(title="店", latitude=1, longitude=-181), "cards.bad_place", "card.latitude"),
        (PlaceCard(title="店", latitude=float("nan"), longitude=1), "cards.bad_place", "card.latitude"),
        (PlaceCard(title="店", address=LONG, latitude=1, longitude=1), "cards.long", "card.address"),
        (PersonCard(title="", phone="110"), "cards.empty", "card.title"),
        (PersonCard(title="林", phone=" "), "cards.empty", "card.phone"),
        (PersonCard(title="林", phone="+1 2"), "cards.bad_phone", "card.phone"),
        (PersonCard(title="林", phone="call 110"), "cards.bad_phone", "card.phone"),
        (PersonCard(title="林", phone="1" * 41), "cards.long", "card.phone"),
    ],
)
def test_a_bad_card_is_refused_where_it_is_bad(card: Card, code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(CardContent(card=card))
    assert (refused.value.code, refused.value.field) == (code, field)
    for language in ("zh-CN", "en"):
        assert code not in say(language, code, **refused.value.params)


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([CardButton(text=str(number)) for number in range(11)], "cards.many_buttons"),
        ([CardButton(text="是"), CardButton(text=" 是 ")], "cards.same_buttons"),
        ([CardButton(text="")], "cards.bad_label"),
        ([CardButton(text=LONG)], "cards.bad_label"),
        ([CardButton(text="打开", url="JavaScript:alert(1)")], "cards.bad_address"),
    ],
)
def test_bad_buttons_are_refused(buttons: list[CardButton], code: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(CardContent(buttons=buttons))
    assert refused.value.code == code


@pytest.mark.parametrize("phone", ["110", "+86 (21) 5555-0101", "400-820-8820,12", "021.5555#9"])
def test_phones_are_taken_as_they_are_written(phone: str) -> None:
    card = PersonCard(title="林晚晴", phone=phone)
    assert checked(CardContent(card=card)).card == card


def test_a_mini_programs_page_is_called_as_the_platform_calls_it() -> None:
    assert (
        checked(CardContent(card=paged(app_id=" wxb11529c136998cb6", path="/pages/item?id=7"))).card
        == paged()
    )
    assert told("", CardContent(card=paged())) == f"手冲壶\n{URL}", "where it cannot be opened"


def test_nothing_is_pressed_below_a_place_or_a_person() -> None:
    buttons = [CardButton(text="好")]
    for card in (PlaceCard(title="店", latitude=1, longitude=1), PersonCard(title="林", phone="110")):
        with pytest.raises(Refused, match=r"cards\.no_buttons_there"):
            checked(CardContent(card=card, buttons=buttons))


def test_a_customers_card_has_nothing_to_press_and_no_picture_of_ours() -> None:
    mine = ProductCard(title="壶", url=URL, image_url="https://shop.example/p/1.png")
    assert bare(CardContent(card=mine)).card == mine
    for content in (
        CardContent(card=mine, buttons=[CardButton(text="买")]),
        CardContent(card=ProductCard(title="壶", image=UUID(int=1))),
    ):
        with pytest.raises(Refused, match=r"cards\.not_yours"):
            bare(content)


def test_plain_words_say_all_of_it() -> None:
    items = [OrderItem(title="手冲壶", count=2)]
    order = OrderCard(number="A1", state="已发货", items=items, total="¥299", url=URL)
    buttons = [CardButton(text="查物流", url=URL), CardButton(text="要退货")]
    content = checked(CardContent(card=order, buttons=buttons))
    assert told("您的订单", content).split("\n") == [
        "您的订单", "A1 · 已发货", "手冲壶 × 2", "¥299", URL, f"查物流 {URL}", "[要退货]",
    ]  # fmt: skip
    place = PlaceCard(title="客栈", address="山路 1 号", latitude=31.2, longitude=-121.5)
    assert told("", CardContent(card=place)) == "客栈\n山路 1 号\n31.200000, -121.500000"
    assert told("请找她", CardContent(card=PersonCard(title="林晚晴", phone="110"))) == "请找她\n林晚晴\n110"
    assert told("", CardContent(card=ProductCard(title="壶", price="¥9"))) == "壶\n¥9"
