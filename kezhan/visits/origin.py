"""Where a visitor comes from, read from two addresses; and addresses made fit to keep."""

import re
import unicodedata
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urlsplit

from msgspec import Struct

from kezhan.visits.schemas import Source, Utm

MAX_URL = 2048
MAX_TITLE = 256
_MAX_READ = 8192
_MASK = "***"

_SECRET = re.compile(
    r"auth|authorization|code|credential|jwt|key|otp|pass|pwd|sid|sig|sign|signature|state|ticket"
    r"|.*(token|secret|password|passwd|apikey|accesskey|session|sessionid|sessid|authcode)"
)
# A question mark inside a value may begin further parameters: links are often put together without care.
_PARAMETER = re.compile(r"(?<=[?&#;])([^=&#;?/]{1,200})=([^&#;?]*(?:\?[^&#;?=]*(?=[&#;?]|$))*)")
_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/?#]*@", re.IGNORECASE)
# An address of another kind (javascript:, data:, file:) is of no use to the reader and may do harm as a link.
_KEPT = re.compile(r"(https?|app)://", re.IGNORECASE)

# Search sites: the parameters that may hold the words.
_SEARCH = {
    "baidu.com": ("wd", "word", "kw"),
    "sogou.com": ("query", "keyword"),
    "search.weixin.qq.com": ("query", "q"),
    "so.com": ("q",),
    "toutiao.com": ("keyword",),
    "sm.cn": ("q",),
    "bing.com": ("q",),
    "duckduckgo.com": ("q",),
    "yahoo.com": ("p",),
    "yandex.com": ("text",),
    "yandex.ru": ("text",),
}
_GOOGLE = re.compile(r"(^|\.)google\.[a-z]{2,3}(\.[a-z]{2})?$")
_SOCIAL = (
    "weixin.qq.com qq.com weibo.com weibo.cn t.cn zhihu.com xiaohongshu.com xhslink.com douyin.com"
    " iesdouyin.com kuaishou.com bilibili.com b23.tv douban.com tieba.baidu.com facebook.com fb.com"
    " instagram.com twitter.com x.com t.co linkedin.com lnkd.in reddit.com youtube.com tiktok.com"
    " pinterest.com whatsapp.com telegram.org t.me line.me"
)
_SITES: dict[str, tuple[str, ...]] = {**dict.fromkeys(_SOCIAL.split(), ()), **_SEARCH}


class Origin(Struct, frozen=True):
    source: Source
    search_word: str
    utm: Utm | None


def plain(text: str, limit: int) -> str:
    """One line of at most `limit` characters that the database can hold."""
    kept = text[: limit * 2].encode("utf-8", "ignore").decode()
    return "".join(char for char in kept if unicodedata.category(char) != "Cc").strip()[:limit]


def kept_url(url: str) -> str:
    """`url` without what logs a reader in: passwords, tokens and codes are masked. Cut at 2048 characters."""
    text = plain(url, _MAX_READ)
    if not _KEPT.match(text):
        return ""
    return _PARAMETER.sub(_masked, _USER.sub(r"\1", text))[:MAX_URL]


def _masked(match: re.Match[str]) -> str:
    name, value = re.sub(r"[^a-z0-9]", "", unquote_plus(match[1]).lower()), unquote_plus(match[2])
    # The value may be an address itself, of the page to go to next.
    secret = _SECRET.fullmatch(name) or _PARAMETER.sub(_masked, value) != value
    return f"{match[1]}={_MASK}" if value and secret else match[0]


def origin_of(referrer: str, landing_url: str) -> Origin:
    """What the first page's address and its referrer tell. Neither is trusted; the unreadable is `direct`."""
    landing, came_from = _split(landing_url), _split(referrer)
    host, words = _host(came_from), _words_of(_host(came_from))
    given = _parameters(came_from)
    word = next((plain(given[name], MAX_TITLE) for name in words or () if given.get(name)), "")
    utm = _utm(landing)
    return Origin(Source.CAMPAIGN if utm else _source(host, _host(landing), words), word, utm)


def _source(host: str, own: str, words: tuple[str, ...] | None) -> Source:
    if not host or host == own:
        return Source.DIRECT
    if words is None:
        return Source.LINK
    return Source.SEARCH if words else Source.SOCIAL


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(plain(url, _MAX_READ))
        parts.hostname  # noqa: B018 - a malformed host raises here
    except ValueError:
        return urlsplit("")
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").removeprefix("www.")


def _words_of(host: str) -> tuple[str, ...] | None:
    """The parameters with the words of a search site, none of a social one, None for any other host."""
    if _GOOGLE.search(host):
        return ("q",)
    while host:
        if host in _SITES:
            return _SITES[host]
        host = host.partition(".")[2]
    return None


def _utm(parts: SplitResult) -> Utm | None:
    given = _parameters(parts)

    def word(name: str) -> str:
        return plain(given.get("utm_" + name, ""), MAX_TITLE)

    found = Utm(
        source=word("source"),
        medium=word("medium"),
        campaign=word("campaign"),
        term=word("term"),
        content=word("content"),
    )
    return found if found != Utm() else None


def _parameters(parts: SplitResult) -> dict[str, str]:
    # Older Chinese sites write their words in GBK.
    for encoding, errors in (("utf-8", "strict"), ("gb18030", "replace")):
        try:
            return dict(parse_qsl(parts.query, max_num_fields=100, encoding=encoding, errors=errors))
        except UnicodeDecodeError:
            continue
        except ValueError:
            break
    return {}
