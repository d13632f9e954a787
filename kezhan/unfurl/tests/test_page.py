"""What is read of a page, in whatever letters it is written."""

import pytest

from kezhan.unfurl.page import read

CHINESE = "<html><head>{}<title> 明前\n龙井 </title></head>"
GBK = "<meta charset=gbk>"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (CHINESE.format("").encode(), ""),
        (CHINESE.format("").encode(), "utf-8"),
        (CHINESE.format("").encode("gbk"), "GBK"),
        (CHINESE.format(GBK).encode("gbk"), ""),
        (CHINESE.format(GBK).encode("gbk"), "no-such-charset"),
        (CHINESE.format("").encode("gbk") * 20, ""),
        (CHINESE.format("").replace("龙", "龍").encode("big5"), "big5"),
        (CHINESE.format('<meta http-equiv=x content="text/html; charset=gb2312">').encode("gbk"), ""),
        (CHINESE.format("").encode(), "punycode"),
    ],
)  # fmt: skip
def test_letters_are_known_by_what_the_server_says_the_page_says_or_they_show(
    body: bytes, charset: str
) -> None:
    page = read(body, charset, "https://shop.example/tea")
    assert page is not None
    assert page.title.replace("龍", "龙") == "明前 龙井"
    assert page.site == "shop.example"


def test_what_a_page_says_of_itself_comes_before_its_title_and_its_body_says_nothing() -> None:
    body = (
        "<head><title>T</title><meta property=og:title content='A &amp; B'>"
        "<meta name=description content='d'><meta property='og:description' content='about'>"
        "<meta property=og:site_name content='Shop'><meta property=og:image content='/p.png'></head>"
        "<body><meta property=og:title content='C'><title>D</title>"
    )
    page = read(body.encode(), "", "https://shop.example/a/b")
    assert page is not None
    assert (page.title, page.about, page.site) == ("A & B", "about", "Shop")
    assert page.picture == "https://shop.example/p.png"
    for picture in ("javascript:alert(1)", "file:///etc/passwd", "http://u:p@a/", "data:image/png;base64,x"):
        body = f"<title>T</title><meta property=og:image content='{picture}'>"
        found = read(body.encode(), "", "https://shop.example/")
        assert found is not None and found.picture == ""


@pytest.mark.parametrize(
    "body", [b"", b"<body><title>T</title>", b"<title> </title>", b"\xff" * 999, b"<" * 300_000]
)
def test_a_page_without_a_name_is_none(body: bytes) -> None:
    assert read(body, "", "https://shop.example/") is None


def test_it_is_bounded() -> None:
    page = read(("<title>" + "长" * 5000 + "</title>").encode(), "", "https://shop.example/")
    assert page is not None and len(page.title) == 200
