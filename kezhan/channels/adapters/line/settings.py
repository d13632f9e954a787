"""What connects an official account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API_URL = "https://api.line.me"
DATA_URL = "https://api-data.line.me"
Address = Annotated[str, Meta(max_length=500, extra_json_schema={"format": "uri"})]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reply_first`: an answer within a minute costs nothing; `agent_names`: who answers is shown by name."""

    v: Literal[1] = 1
    channel_id: Annotated[str, Meta(pattern=r"^[0-9]{0,40}$(?!\n)")] = ""
    reply_first: bool = True
    agent_names: bool = False
    api_url: Address = API_URL
    data_url: Address = DATA_URL

    def __post_init__(self) -> None:
        check_addresses(self.api_url, self.data_url)


class Secrets(Struct, frozen=True, kw_only=True):
    """Without an `access_token` short ones are asked for by the channel's id and secret."""

    channel_secret: Annotated[str, Meta(min_length=1, max_length=200)]
    access_token: Annotated[str, Meta(pattern=r"^[!-~]{0,1000}$(?!\n)")] = ""


FIELDS = {
    "channel_id": Field(
        label={"zh-CN": "频道编号", "en": "Channel ID"},
        help={
            "zh-CN": "developers.line.biz → 控制台 → 提供者 → Messaging API 频道 → Basic settings → "
            "Channel ID。",
            "en": "developers.line.biz, Console, the provider, the Messaging API channel, Basic settings, "
            "Channel ID.",
        },
    ),
    "channel_secret": Field(
        label={"zh-CN": "频道密钥", "en": "Channel secret"},
        help={
            "zh-CN": "同一页（Basic settings）的 Channel secret。保存后到 Messaging API 页，把回调地址填到 "
            "Webhook URL，"
            "打开 Use webhook 和 Webhook redelivery，点 Verify。",
            "en": "On the same page (Basic settings). After saving go to the Messaging API page, enter the "
            "hook's "
            "address as Webhook URL, switch on Use webhook and Webhook redelivery, and press Verify.",
        },
    ),
    "access_token": Field(
        label={"zh-CN": "长期访问令牌", "en": "Long-lived access token"},
        help={
            "zh-CN": "一般留空，系统会自己换取短期令牌；要用长期的，在 Messaging API 页最下方 Channel "
            "access token 点 Issue。",
            "en": "Empty as a rule: short ones are fetched by themselves. For a long-lived one press Issue "
            "at the "
            "end of the Messaging API page, Channel access token.",
        },
        advanced=True,
    ),
    "reply_first": Field(
        label={"zh-CN": "优先用免费回复", "en": "Free replies first"},
        help={
            "zh-CN": "客户发消息后一分钟内的第一条回复不占每月条数。",
            "en": "The first answer within a minute of a customer's message is not counted in the monthly "
            "quota.",
        },
        advanced=True,
    ),
    "agent_names": Field(
        label={"zh-CN": "显示客服名字", "en": "Show agents' names"},
        help={
            "zh-CN": "回复上方显示客服的名字，而不是官方账号的名字。",
            "en": "Answers show the agent's name above them instead of the official account's.",
        },
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "API address"},
        help={"zh-CN": "一般不用改。", "en": "Not to be changed as a rule."},
        advanced=True,
    ),
    "data_url": Field(
        label={"zh-CN": "文件接口地址", "en": "Content address"},
        help={
            "zh-CN": "读取客户所发文件的地址，一般不用改。",
            "en": "Where customers' files are read; not to be changed as a rule.",
        },
        advanced=True,
    ),
}
