"""Fields of a form that all accounts of Tencent's platforms have, and what they may hold."""

from typing import Annotated, Literal

from msgspec import Meta

from kezhan.channels.base import Field, Words

Word = Annotated[str, Meta(max_length=200, pattern=r"^\S*$")]
Address = Annotated[str, Meta(max_length=200, pattern=r"^https?://[^\s@?#]+$")]
AesKey = Annotated[str, Meta(pattern=r"^([A-Za-z0-9+/]{43})?$")]
Mode = Literal["safe", "compat", "plain"]
Messages = Annotated[int, Meta(ge=1, le=100)]

API_URL = Field(
    label={"zh-CN": "接口地址", "en": "Interface address"},
    help={
        "zh-CN": "腾讯接口的地址；只有通过代理或备用域名访问时才需要修改。",
        "en": "Where Tencent's interface is; changed only for a proxy or one of its other names.",
    },
    advanced=True,
)

MODES: dict[str, Words] = {
    "safe": {"zh-CN": "安全模式（推荐）", "en": "Safe mode: sealed (best)"},
    "compat": {"zh-CN": "兼容模式", "en": "Compatible mode: both"},
    "plain": {"zh-CN": "明文模式", "en": "Plain mode: not sealed"},
}

WINDOW_MESSAGES = Field(
    label={"zh-CN": "窗口内可回复条数", "en": "Replies in a window"},
    help={
        "zh-CN": "客户每次发来消息后 48 小时内最多可以回复几条。微信目前规定 5 条；规则变化时在这里调整。",
        "en": "How many replies WeChat allows within 48 hours of each customer message: 5 today. Change it"
        " here when the rule changes.",
    },
    advanced=True,
)
