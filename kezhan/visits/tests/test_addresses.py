"""What addresses and headers tell, and what they must not: cases of Chinese and of careless sites."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhan.visits.agent import read_agent
from kezhan.visits.origin import MAX_URL, kept_url, origin_of, plain
from kezhan.visits.schemas import Utm

H = "https://h.cn/"


def nested(depth: int) -> str:
    """An address that leads on to an address … with a token in the last."""
    url = H + "?token=abc"
    for _ in range(depth):
        url = H + "?next=" + quote(url, safe="")
    return url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://u:p@ss@h.cn/x", "https://h.cn/x"),
        ("https://u:p%40ss@h.cn", "https://h.cn"),
        ("https://h.cn/@user?x=a@b", "https://h.cn/@user?x=a@b"),
        (H + "?a=b?token=x", H + "?a=b?token=***"),
        (H + "?token=a?b&c=d", H + "?token=***&c=d"),
        (H + "?q=what?&page=2", H + "?q=what?&page=2"),
        (H + "?session[id]=3&a[token]=x", H + "?session[id]=***&a[token]=***"),
        (H + "?userToken=1&tokenName=2", H + "?userToken=***&tokenName=2"),
        (H + "?%74%6F%6Ben=x&amp;sig=y", H + "?%74%6F%6Ben=***&amp;sig=***"),
        ("HTTPS://H.CN/?Sig=1", "HTTPS://H.CN/?Sig=***"),
        (H + "#/cb?code=1&state=2", H + "#/cb?code=***&state=***"),
        (H + "reset;token=abc", H + "reset;token=***"),
        ("https://[::1]:8443/?key=1", "https://[::1]:8443/?key=***"),
        (H + "?token", H + "?token"),
        (H + "?token=&code=", H + "?token=&code="),
        (H + "?=x&&;#", H + "?=x&&;#"),
        (
            H + "?access_token=a&refresh-token=b&pass.word=c",
            H + "?access_token=***&refresh-token=***&pass.word=***",
        ),
        (H + "?q=岩茶&page=2", H + "?q=岩茶&page=2"),
        (H + "?ticket=ST-1&otp=2&pwd=3&jwt=4", H + "?ticket=***&otp=***&pwd=***&jwt=***"),
        (H + "\r\nSet-Cookie:x?token=a", H + "Set-Cookie:x?token=***"),
        ("  https://h.cn/ ", "https://h.cn/"),
        ("//h.cn/x", ""),
        ("http:/h.cn", ""),
        ("ftp://h.cn/", ""),
        ("vbscript:x", ""),
        ("blob:https://h.cn/1", ""),
        ("\x01javascript://h.cn/%0aalert(1)", ""),
        ("about:blank", ""),
    ],
)
def test_an_address_is_kept_without_what_lets_its_reader_in(url: str, kept: str) -> None:
    assert kept_url(url) == kept


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_token_inside_the_address_of_the_next_page_is_masked_too(depth: int) -> None:
    assert kept_url(nested(depth)) == H + "?next=***"
    plain_next = H + "?next=" + quote(H + "?page=2", safe="")
    assert kept_url(plain_next) == plain_next


@pytest.mark.parametrize(
    "url",
    [
        H + "?" + "a" * 8000,
        H + "?" + "a=" * 4000,
        H + "?" + "?a" * 4000,
        H + "?a=" + "?" * 8000,
        H + "?a=" + "%25" * 2600 + "3D",
        H + "?" + "&" * 8000,
        "https://" + "@" * 8000,
        nested(40)[:8192],
    ],
)
def test_an_address_made_to_take_for_ever_is_read_to_its_end(url: str) -> None:
    assert len(kept_url(url)) <= MAX_URL
    assert origin_of(url, url).source == "direct"


@settings(deadline=None)
@given(st.text(alphabet="?&#;=/@%3Dtoken", max_size=60))
def test_masking_twice_is_masking_once(tail: str) -> None:
    once = kept_url(H + tail)
    assert kept_url(once) == once


@pytest.mark.parametrize(
    ("referrer", "source", "word"),
    [
        ("HTTPS://WWW.BAIDU.COM/s?wd=tea", "search", "tea"),
        ("https://me@www.baidu.com:443/s?wd=tea", "search", "tea"),
        ("https://www.baidu.com/s?ie=gb2312&wd=%D1%D2%B2%E8", "search", "岩茶"),
        ("https://www.baidu.com/s?wd=%FF%FF", "search", "\ufffd\ufffd"),
        ("https://www.baidu.com/s?wd=%00%0a", "search", ""),
        ("https://quark.sm.cn/s?q=tea", "search", "tea"),
        ("https://yandex.ru/search/?text=tea", "search", "tea"),
        ("https://search.yahoo.com/search?p=tea", "search", "tea"),
        ("https://duckduckgo.com/?q=", "search", ""),
        ("https://baidu.com.evil.cn/?wd=tea", "link", ""),
        ("https://notbaidu.com/?wd=tea", "link", ""),
        ("https://evil.cn/https://www.baidu.com/s?wd=tea", "link", ""),
        ("https://netflix.com/", "link", ""),
        ("https://x.com/tea", "social", ""),
        ("https://l.facebook.com/l.php?u=x", "social", ""),
        ("https://www.xiaohongshu.com/explore/1", "social", ""),
        ("https://h.cn:8443/other", "direct", ""),
        ("http://www.h.cn/", "direct", ""),
        ("android-app://com.tencent.mm/", "link", ""),
        ("//www.baidu.com/s?wd=tea", "search", "tea"),
        ("about:blank", "direct", ""),
    ],
)
def test_only_the_host_itself_says_what_kind_of_site_it_was(referrer: str, source: str, word: str) -> None:
    found = origin_of(referrer, H)
    assert (found.source, found.search_word) == (source, word)


@pytest.mark.parametrize(
    ("query", "utm"),
    [
        ("utm_source=a&utm_source=b", Utm(source="b")),
        ("utm_campaign=%E6%98%A5+%E8%8C%B6", Utm(campaign="春 茶")),
        ("utm_content=" + "长" * 300, Utm(content="长" * 256)),
        ("utm_term=%00%1b[31m", Utm(term="[31m")),
        ("utm_source=%3Cscript%3E", Utm(source="<script>")),
        ("UTM_SOURCE=a", None),
        ("utm_source", None),
        ("utm_other=a", None),
        ("&".join(f"a{n}=1" for n in range(101)) + "&utm_source=a", None),
    ],
)
def test_campaign_words_are_read_cut_and_cleaned(query: str, utm: Utm | None) -> None:
    found = origin_of("https://www.baidu.com/s?wd=tea", H + "?" + query)
    assert (found.utm, found.source) == (utm, "campaign" if utm else "search")


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("  岩茶\n\t ", 9, "岩茶"),
        ("a\x00b\x9fc", 9, "abc"),
        ("\ud83d茶", 9, "茶"),
        ("🌸" * 10, 3, "🌸🌸🌸"),
        ("", 9, ""),
    ],
)
def test_a_text_is_one_line_the_database_can_hold(text: str, limit: int, kept: str) -> None:
    assert plain(text, limit) == kept


ANDROID = "Mozilla/5.0 (Linux; Android 12; ALN-AL00; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "browser", "system", "device"),
    [
        (
            f"{ANDROID} Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.47.2560(0x28) WeChat/arm64",
            "WeChat Browser 8",
            "Android 12",
            "phone",
        ),
        (
            f"{WINDOWS} Chrome/81.0 Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1",
            "WeCom 4",
            "Windows 10",
            "desktop",
        ),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/7.0.1 wxwork/4.0.8", "WeCom 4", "iOS 17", "phone"),
        (f"{IPHONE} Mobile/21F90 AliApp(AP/10.5.90) AlipayClient/10.5.90", "Alipay 10", "iOS 17", "phone"),
        (f"{ANDROID} Chrome/99.0 Mobile Safari/537.36 DingTalk/7.0.40", "DingTalk 7", "Android 12", "phone"),
        (f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge 126", "Windows 10", "desktop"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/17.4 Safari/605.1.15",
            "Safari 17",
            "Mac OS X 10",
            "desktop",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox 128",
            "Linux",
            "desktop",
        ),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1 Mobile",
            "Chrome 114",
            "",
            "phone",
        ),
        (
            "Mozilla/5.0 (Android 13; Tablet; rv:109.0) Gecko/118.0 Firefox/118.0",
            "Firefox Mobile 118",
            "Android 13",
            "tablet",
        ),
        (
            "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/99.0 Mobile"
            " Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot 2",
            "Android 6",
            "bot",
        ),
        ("MicroMessenger/99999999999", "WeChat Browser 9999", "", "other"),
        (f"{'x' * 512} MicroMessenger/8.0", "", "", "other"),
    ],
)
def test_a_header_names_the_program_people_know(header: str, browser: str, system: str, device: str) -> None:
    found = read_agent(header)
    assert (found.browser, found.system, found.device) == (browser, system, device)
