"""What connects an app of the platform."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

_HOSTS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}
_Url = Annotated[str, Meta(max_length=300, extra_json_schema={"format": "uri"})]
_Secret = Annotated[str, Meta(max_length=200, extra_json_schema={"format": "password"})]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`api_url` stands in for the platform's own host; empty: the one of the region."""

    v: Literal[1] = 1
    region: Literal["feishu", "lark"] = "feishu"
    app_id: Annotated[str, Meta(max_length=100)] = ""
    mode: Literal["hook", "socket"] = "hook"
    calls_per_second: Annotated[int, Meta(ge=1, le=1000)] = 16
    api_url: _Url = ""

    def __post_init__(self) -> None:
        if self.api_url:
            check_addresses(self.api_url)

    @property
    def base(self) -> str:
        """The host to call, without a slash at its end."""
        return (self.api_url or _HOSTS[self.region]).rstrip("/")


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the hook: with an encrypt key calls are signed and sealed, without one they carry the token only."""

    app_secret: _Secret
    verification_token: _Secret = ""
    encrypt_key: _Secret = ""


FIELDS = {
    "region": Field(
        label={"zh-CN": "平台", "en": "Platform"},
        help={
            "zh-CN": "中国内地的企业用飞书（open.feishu.cn）；海外租户用 Lark（open.larksuite.com）。",
            "en": "Feishu for companies in mainland China (open.feishu.cn), Lark for all others"
            " (open.larksuite.com).",
        },
        options={"feishu": {"zh-CN": "飞书", "en": "Feishu"}, "lark": {"zh-CN": "Lark", "en": "Lark"}},
    ),
    "app_id": Field(
        label={"zh-CN": "App ID", "en": "App ID"},
        help={
            "zh-CN": "打开飞书开放平台（open.feishu.cn）→ 开发者后台 → 选择企业自建应用 → 凭证与基础信"
            "息 → 应用凭证，复制以 cli_ 开头的 App ID。应用需在“添加应用能力”里启用机器人。",
            "en": "Open platform (open.feishu.cn or open.larksuite.com) → Developer console → your"
            " custom app → Credentials & Basic Info: copy the App ID that begins with cli_. Add the Bot"
            " feature to the app.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "App Secret", "en": "App Secret"},
        help={
            "zh-CN": "与 App ID 同一页：开发者后台 → 凭证与基础信息 → App Secret，点击显示后复制。",
            "en": "On the same page as the App ID: Developer console → Credentials & Basic Info → App"
            " Secret.",
        },
    ),
    "mode": Field(
        label={"zh-CN": "接收方式", "en": "How messages come in"},
        help={
            "zh-CN": "开发者后台 → 事件与回调 → 订阅方式：选“将事件发送至开发者服务器”时，把本渠道的回"
            "调地址填到请求地址；服务器没有公网地址时选“使用长连接接收事件”。然后添加事件"
            " im.message.receive_v1、im.message.recalled_v1、im.message.message_read_v1、"
            "im.message.reaction.created_v1、im.message.reaction.deleted_v1，"
            "回调 card.action.trigger，并发布新版本。",
            "en": "Developer console → Events & Callbacks → Subscription mode: “Send events to"
            " developer's server” wants this channel's hook address as request URL; “Receive events"
            " through persistent connection” needs no public address. Then add the events"
            " im.message.receive_v1, im.message.recalled_v1, im.message.message_read_v1,"
            " im.message.reaction.created_v1 and im.message.reaction.deleted_v1 and the callback"
            " card.action.trigger, and publish a new version.",
        },
        options={
            "hook": {"zh-CN": "回调地址", "en": "Hook address"},
            "socket": {"zh-CN": "长连接", "en": "Persistent connection"},
        },
    ),
    "verification_token": Field(
        label={"zh-CN": "Verification Token", "en": "Verification Token"},
        help={
            "zh-CN": "开发者后台 → 事件与回调 → 加密策略 → Verification Token。使用长连接时可以留空。",
            "en": "Developer console → Events & Callbacks → Encryption strategy → Verification Token."
            " May stay empty with a persistent connection.",
        },
    ),
    "encrypt_key": Field(
        label={"zh-CN": "Encrypt Key", "en": "Encrypt Key"},
        help={
            "zh-CN": "开发者后台 → 事件与回调 → 加密策略 → Encrypt Key。建议设置：设置后平台会对内容加"
            "密并签名。平台上未设置则留空。",
            "en": "Developer console → Events & Callbacks → Encryption strategy → Encrypt Key. Better"
            " set one: the platform then seals and signs what it sends. Empty here if it is empty there.",
        },
    ),
    "calls_per_second": Field(
        label={"zh-CN": "每秒发送上限", "en": "Calls per second"},
        help={
            "zh-CN": "整个应用每秒最多发送的消息数。平台的限制一般为每分钟 1000 条；在开发者后台的接口文档"
            "中可查到。",
            "en": "How many messages the app sends in a second at most. The platform's usual limit is"
            " 1,000 a minute; the interface's page in the developer documentation names it.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "私有化部署的飞书填写其开放平台地址；其他情况留空。",
            "en": "Only for a Feishu of one's own premises: the address of its open platform. Empty"
            " otherwise.",
        },
        advanced=True,
    ),
}
