"""Why a mail was not taken, out of a server's own words (RFC 3463, and what servers say besides)."""

import re

from kezhan.channels.base import Fault

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_TOO_FAST = re.compile(
    r"frequen(?:cy|t)|rate[ -]?limit|too (?:many|fast|much)|throttl|limit exceeded"
    r"|频率|过于频繁|超出限制|發信頻率",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(r"relay|sender|not (?:owned|authori[sz]ed|permitted)|mail from|发件人", re.IGNORECASE)
_NOBODY = re.compile(
    r"no such|unknown|not (?:found|exist)|doesn't exist|does not exist|invalid (?:recipient|address)|disabled"
    r"|不存在|无此用户|查无|被禁用",
    re.IGNORECASE,
)
_SPAM = re.compile(r"spam|blocked|blacklist|policy|reject|垃圾|拒收|拒绝", re.IGNORECASE)
_LARGE = re.compile(r"too large|size limit|exceeds? .{0,30}size|过大|超过.{0,10}大小", re.IGNORECASE)


def enhanced(text: str) -> str:
    """The code of RFC 3463 in an answer ("5.1.1"); empty where there is none."""
    found = ENHANCED.search(text)
    return found[1] if found is not None else ""


def is_too_fast(text: str) -> bool:
    return bool(_TOO_FAST.search(text))


def fault_of(code: str, text: str) -> Fault:
    """`code` as of RFC 3463, or empty: then the words alone are read."""
    rules: tuple[tuple[bool, Fault], ...] = (
        (is_too_fast(text), "rate_limited"),
        (code[2:] in {"2.3", "3.4"} or bool(_LARGE.search(text)), "too_long"),
        (code[2:] in {"1.7", "1.8"}, "not_allowed"),
        (code[2:4] == "1." or code[2:] == "2.1" or bool(_NOBODY.search(text)), "recipient_blocked"),
        (code[2:4] == "7." and bool(_NOT_OURS.search(text)), "not_allowed"),
        (code[2:4] in {"6.", "7."} or (not code and bool(_SPAM.search(text))), "content_rejected"),
    )
    return next((fault for fits, fault in rules if fits), "permanent")
