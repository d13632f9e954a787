"""What addresses and User-Agent headers tell."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhan.visits.agent import read_agent
from kezhan.visits.origin import MAX_URL, kept_url, origin_of
from kezhan.visits.schemas import Utm

SITE = "https://tea.example/"
WORD = quote("武夷 岩茶")


@pytest.mark.parametrize(
    ("referrer", "source", "word"),
    [
        ("", "direct", ""),
        ("https://www.tea.example/other", "direct", ""),
        ("nonsense", "direct", ""),
        ("https://[broken", "direct", ""),
        (f"https://www.baidu.com/s?ie=utf-8&wd={WORD}", "search", "武夷 岩茶"),
        (f"https://m.baidu.com/from=1/s?word={WORD}", "search", "武夷 岩茶"),
        ("https://www.baidu.com/link?url=abc", "search", ""),
        ("https://tieba.baidu.com/p/1?wd=x", "social", ""),
        (f"https://www.sogou.com/web?query={WORD}", "search", "武夷 岩茶"),
        (f"https://m.sogou.com/web/searchList.jsp?keyword={WORD}", "search", "武夷 岩茶"),
        (f"https://weixin.sogou.com/weixin?query={WORD}", "search", "武夷 岩茶"),
        (f"https://search.weixin.qq.com/?query={WORD}", "search", "武夷 岩茶"),
        ("https://mp.weixin.qq.com/s/abc", "social", ""),
        (f"https://www.so.com/s?q={WORD}", "search", "武夷 岩茶"),
        (f"https://so.toutiao.com/search?keyword={WORD}", "search", "武夷 岩茶"),
        (f"https://cn.bing.com/search?q={WORD}", "search", "武夷 岩茶"),
        ("https://www.google.com.hk/", "search", ""),
        (f"https://www.google.de/search?q={WORD}", "search", "武夷 岩茶"),
        ("https://notgoogle.com/?q=x", "link", ""),
        ("https://www.google.com.evil.example/?q=x", "link", ""),
        ("https://weibo.com/u/1", "social", ""),
        ("https://blog.example/post?q=tea", "link", ""),
    ],
)
def test_a_referrer_tells_the_source(referrer: str, source: str, word: str) -> None:
    found = origin_of(referrer, SITE)
    assert (found.source, found.search_word, found.utm) == (source, word, None)


def test_a_campaign_wins_and_keeps_the_words() -> None:
    landing = SITE + "?utm_source=baidu&utm_medium=cpc&utm_term=" + WORD + "&x=1"
    found = origin_of(f"https://www.baidu.com/s?wd={WORD}", landing)
    assert (found.source, found.search_word) == ("campaign", "武夷 岩茶")
    assert found.utm == Utm(source="baidu", medium="cpc", term="武夷 岩茶")
    assert origin_of("", SITE + "?utm_source=").utm is None


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/p?q=tea&page=2#top", "https://a.example/p?q=tea&page=2#top"),
        ("https://a.example/?token=abc&q=1", "https://a.example/?token=***&q=1"),
        ("https://a.example/?q=1;PASSWORD=x;y=2", "https://a.example/?q=1;PASSWORD=***;y=2"),
        ("https://a.example/?access_token=x&auth-code=y&api_key=z", None),
        ("https://a.example/?code=1&session=2&sessionid=3&key=4&sig=5&jwt=6&PHPSESSID=7", None),
        ("https://a.example/cb#access_token=abc&state=1", None),
        ("https://a.example/#/reset?resetToken=abc", "https://a.example/#/reset?resetToken=***"),
        ("https://a.example/?%74oken=abc", "https://a.example/?%74oken=***"),
        ("https://me:secret@a.example/x@y", "https://a.example/x@y"),
        (
            "https://a.example/?keyword=tea&monkey=1&tokens=2",
            "https://a.example/?keyword=tea&monkey=1&tokens=2",
        ),
        ("app://home/list?token=", "app://home/list?token="),
        ("javascript:alert(1)//https://", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_what_logs_a_reader_in_is_masked(url: str, kept: str | None) -> None:
    found = kept_url(url)
    if kept is not None:
        assert found == kept
        return
    assert all(part.endswith("=***") for part in found.replace("#", "?").split("?")[1].split("&")), found


@given(st.text(), st.text())
def test_no_address_is_a_fault(one: str, other: str) -> None:
    origin_of("https://" + one, "https://" + other)
    assert len(kept_url("https://" + one + "?" + other)) <= MAX_URL


@pytest.mark.parametrize(
    ("header", "browser", "system", "device"),
    [
        ("", "", "", "other"),
        ("curl/8.1", "curl 8", "", "other"),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "Baiduspider 2", "", "bot"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Safari/537.36",
            "Chrome 126",
            "Windows 10",
            "desktop",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/16.0 Mobile/15E148 Safari/604.1",
            "Mobile Safari 16",
            "iOS 16",
            "tablet",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/120.0.0.0 Mobile Safari/537.36",
            "Chrome Mobile 120",
            "Android 14",
            "phone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/120.0.0.0 Safari/537.36",
            "Chrome 120",
            "Android 13",
            "tablet",
        ),
    ],
)
def test_a_header_tells_browser_system_and_device(
    header: str, browser: str, system: str, device: str
) -> None:
    found = read_agent(header)
    assert (found.browser, found.system, found.device) == (browser, system, device)


@given(st.text(max_size=600))
def test_no_header_is_a_fault(header: str) -> None:
    read_agent(header)
