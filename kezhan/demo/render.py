"""The shop's pages as HTML. Everything written comes from `shop/goods.json`, in both languages."""

import functools
from html import escape
from pathlib import Path
from string import Template
from typing import Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent / "shop"
Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
Words = dict[Language, str]
Lines = dict[Language, list[str]]


class Good(Struct, frozen=True):
    """One thing on sale. `price` in yuan; its drawing is `art/<id>.svg`."""

    id: str
    price: int
    name: Words
    kind: Words
    line: Words
    text: Lines
    facts: Lines


class Question(Struct, frozen=True):
    q: Words
    a: Words


class Shop(Struct, frozen=True):
    goods: list[Good]
    words: dict[str, Words]
    promises: list[Lines]
    help: list[Question]


@functools.cache
def shop() -> Shop:
    return msgspec.json.decode((FOLDER / "goods.json").read_bytes(), type=Shop)


@functools.cache
def drawing(name: str) -> str:
    return (FOLDER / "art" / f"{name}.svg").read_text()


@functools.cache
def _template() -> Template:
    return Template((FOLDER / "page.html").read_text())


class Pages:
    """The pages in one language, carrying one site's bubble."""

    def __init__(self, language: Language, site_key: str) -> None:
        self._language = language
        self._site_key = site_key

    def home(self) -> str:
        hero = (
            f'<section class="hero">{drawing("hero")}<div class="hero-text"><h1>{self._say("tag")}</h1>'
            f"<p>{self._say('intro')}</p>"
            f'<a class="button" href="#goods">{self._say("see")}</a></div></section>'
        )
        promises = "".join(self._promise(at) for at in range(len(shop().promises)))
        goods = f'<section id="goods"><h2>{self._say("goods")}</h2>{self._cards(shop().goods)}</section>'
        return self._page("", "", hero + goods + f'<section class="promises">{promises}</section>')

    def good(self, good: Good) -> str:
        texts = "".join(f"<p>{escape(text)}</p>" for text in good.text[self._language])
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in good.facts[self._language])
        others = [other for other in shop().goods if other is not good][:3]
        body = (
            f'<article class="good"><div class="picture">{drawing(good.id)}</div><div>'
            f'<p class="kind">{self._of(good.kind)}</p><h1>{self._of(good.name)}</h1>'
            f'<p class="lead">{self._of(good.line)}</p><p class="price">¥{good.price}</p>'
            f'<p class="acts"><a class="button" href="{self._to("cart")}">{self._say("add")}</a>'
            f'<button type="button" class="button plain" data-ask>{self._say("ask")}</button></p>'
            f'{texts}<ul class="facts">{facts}</ul></div></article>'
            f"<section><h2>{self._say('more')}</h2>{self._cards(others)}</section>"
        )
        return self._page(f"tea/{good.id}", good.name[self._language], body)

    def cart(self) -> str:
        chosen = [shop().goods[0], shop().goods[-1]]
        rows = "".join(
            f'<li>{drawing(good.id)}<a href="{self._to("tea/" + good.id)}">{self._of(good.name)}</a>'
            f"<span>{self._say('count')}</span><b>¥{good.price}</b></li>"
            for good in chosen
        )
        total = sum(good.price for good in chosen)
        body = (
            f'<section class="narrow"><h1>{self._say("cart")}</h1><ul class="cart">{rows}</ul>'
            f'<p class="total">{self._say("total")} <b>¥{total}</b></p>'
            '<p class="acts end">'
            f'<button type="button" class="button plain" data-ask>{self._say("ask")}</button>'
            f'<a class="button" href="{self._to("help")}">{self._say("pay")}</a></p></section>'
        )
        return self._page("cart", self._word("cart"), body)

    def help(self) -> str:
        asked = "".join(
            f"<details{' open' if not at else ''}><summary>{self._of(one.q)}</summary>"
            f"<p>{self._of(one.a)}</p></details>"
            for at, one in enumerate(shop().help)
        )
        body = (
            f'<section class="narrow"><h1>{self._say("help")}</h1>{asked}<p class="acts">'
            f'<button type="button" class="button" data-ask>{self._say("ask")}</button></p></section>'
        )
        return self._page("help", self._word("help"), body)

    def _page(self, path: str, title: str, body: str) -> str:
        name = self._word("shop")
        other = next(language for language in LANGUAGES if language != self._language)
        nav = "".join(f'<a href="{self._to(to)}">{self._say(word)}</a>' for to, word in _NAV)
        return _template().substitute(
            lang=self._language,
            title=escape(f"{title} · {name}" if title else name),
            description=self._say("intro"),
            site_key=escape(self._site_key),
            home=self._to(""),
            shop=escape(name),
            nav=f'{nav}<a lang="{other}" href="{_address(path, other)}">{self._say("other")}</a>',
            foot=self._say("foot"),
            body=body,
        )

    def _cards(self, goods: list[Good]) -> str:
        cards = "".join(
            f'<a class="card" href="{self._to("tea/" + good.id)}">{drawing(good.id)}<span class="card-text">'
            f"<b>{self._of(good.name)}</b><small>{self._of(good.kind)}</small><i>¥{good.price}</i></span></a>"
            for good in goods
        )
        return f'<div class="cards">{cards}</div>'

    def _promise(self, at: int) -> str:
        head, text = shop().promises[at][self._language]
        return f"<div><h3>{escape(head)}</h3><p>{escape(text)}</p></div>"

    def _of(self, words: Words) -> str:
        return escape(words[self._language])

    def _word(self, name: str) -> str:
        return shop().words[name][self._language]

    def _say(self, name: str) -> str:
        return escape(self._word(name))

    def _to(self, path: str) -> str:
        return _address(path, self._language)


_NAV = (("", "home"), ("cart", "cart"), ("help", "help"))


def _address(path: str, language: Language) -> str:
    place = f"/demo/{path}" if path else "/demo"
    return place if language == "zh-CN" else f"{place}?{urlencode({'lang': language})}"
