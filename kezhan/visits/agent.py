"""What a User-Agent header tells of browser, system and device."""

import functools
import re

from msgspec import Struct
from ua_parser import parse

from kezhan.visits.schemas import Device

_LONGEST = 512
_DESKTOPS = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD"})
# Programs that show pages in a browser of the system's, which is what the parser would name. WeCom says
# besides that it is WeChat.
_APPS = {
    "wxwork": "WeCom",
    "MicroMessenger": "WeChat Browser",
    "AlipayClient": "Alipay",
    "DingTalk": "DingTalk",
}
_APP = re.compile(rf"\b({'|'.join(_APPS)})/(\d{{1,4}})", re.ASCII)


class Agent(Struct, frozen=True):
    """Short names with their version, such as `Chrome 126` and `Windows 10`; empty where unknown."""

    browser: str
    system: str
    device: Device


@functools.lru_cache(maxsize=1000)
def read_agent(user_agent: str) -> Agent:
    """Only the beginning is read: matching costs grow with the length, and the sender chooses it."""
    text = user_agent[:_LONGEST]
    found = parse(text)
    browser, system, device = found.user_agent, found.os, found.device
    apps = dict(_APP.findall(text))
    app = next(((name, apps[part]) for part, name in _APPS.items() if part in apps), None)
    shown = app or ((browser.family, browser.major) if browser else ("", None))
    return Agent(
        _named(*shown),
        _named(system.family, system.major) if system else "",
        _device(text, system.family if system else "", device.family if device else ""),
    )


def _named(family: str, major: str | None) -> str:
    return f"{family} {major}" if major else family


def _device(text: str, system: str, family: str) -> Device:
    if family == "Spider":
        return Device.BOT
    if family == "iPad" or "Tablet" in text or (system == "Android" and "Mobile" not in text):
        return Device.TABLET
    if family in {"iPhone", "iPod"} or "Mobile" in text:
        return Device.PHONE
    return Device.DESKTOP if system in _DESKTOPS else Device.OTHER
