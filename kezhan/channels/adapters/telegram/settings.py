"""What connects a bot."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API_URL = "https://api.telegram.org"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mode`: the platform calls our hook, or is asked by a connection of ours where it cannot reach us."""

    v: Literal[1] = 1
    mode: Literal["webhook", "polling"] = "webhook"
    api_url: Annotated[str, Meta(max_length=500, extra_json_schema={"format": "uri"})] = API_URL

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True):
    """The bot's own; it stands in the addresses of its calls."""

    bot_token: Annotated[str, Meta(pattern=r"^[0-9]{1,20}:[A-Za-z0-9_-]{1,200}$(?!\n)")]


FIELDS = {
    "bot_token": Field(
        label={"zh-CN": "机器人令牌", "en": "Bot token"},
        help={
            "zh-CN": "在 Telegram 里打开 @BotFather，发送 /newbot 新建机器人"
            "（已有的：/mybots → 选择机器人 → API Token），复制形如 123456:ABC-DEF 的一串。",
            "en": "Open @BotFather in Telegram, send /newbot (or /mybots, choose the bot, API Token); copy "
            "the text that looks like 123456:ABC-DEF.",
        },
    ),
    "mode": Field(
        label={"zh-CN": "接收方式", "en": "How messages come in"},
        help={
            "zh-CN": "一般用回调；服务器没有公网地址时用轮询。回调地址会自动登记，不用到 Telegram 里设置。",
            "en": "By webhook as a rule; by polling where this server has no public address. The webhook is "
            "registered by itself, nothing is to be set in Telegram.",
        },
        options={
            "webhook": {"zh-CN": "回调", "en": "Webhook"},
            "polling": {"zh-CN": "轮询", "en": "Polling"},
        },
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "API address"},
        help={
            "zh-CN": "除非自己架设了 Bot API 服务器，否则不用改。",
            "en": "To be changed only for a Bot API server of your own.",
        },
        advanced=True,
    ),
}
