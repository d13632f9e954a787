"""Domains of e-mail addresses. Pure."""

import re
from collections.abc import Sequence

from kezhan.kit.errors import Refused

_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9\u0080-\uffff]([a-z0-9\u0080-\uffff-]{0,61}[a-z0-9\u0080-\uffff])?\.)+[a-z\u0080-\uffff-]{2,63}"
)
PUBLIC = frozenset(
    """
    126.com 139.com 163.com 188.com 189.cn 21cn.com aliyun.com aol.com china.com daum.net fastmail.com
    foxmail.com free.fr gmail.com gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com hotmail.co.uk
    hotmail.com hotmail.fr icloud.com inbox.com live.cn live.com mac.com mail.com mail.ru me.com msn.com
    naver.com orange.fr outlook.com outlook.de outlook.fr pm.me proton.me protonmail.com qq.com rediffmail.com
    rocketmail.com sina.cn sina.com sina.com.cn sogou.com sohu.com t-online.de tencent.cn tom.com tutanota.com
    vip.163.com vip.126.com vip.qq.com vip.sina.com wanadoo.fr web.de wo.cn yahoo.cn yahoo.co.jp yahoo.co.uk
    yahoo.com yahoo.com.cn yahoo.com.hk yahoo.com.tw yahoo.fr yandex.com yandex.ru yeah.net ymail.com zoho.com
    """.split()  # noqa: SIM905 - a list that is read, not counted
)
"""Where anybody has an address: whoever does belongs to no company by it."""


def checked_domains(written: Sequence[str]) -> list[str]:
    """As they are stored: in lower case, each once. Raises Refused 400."""
    found = []
    for text in written:
        domain = text.strip().casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.")
        domain = domain.rpartition("@")[2].strip("/.")
        if not domain:
            continue
        if not _DOMAIN.fullmatch(domain):
            raise Refused("contacts.bad_domain", 400, field="domains", domain=text[:80])
        if domain in PUBLIC:
            raise Refused("contacts.public_domain", 400, field="domains", domain=domain)
        found.append(domain)
    return [*dict.fromkeys(found)]
