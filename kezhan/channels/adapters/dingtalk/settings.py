"""What connects a robot of the platform."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

_Url = Annotated[str, Meta(max_length=300, extra_json_schema={"format": "uri"})]
_Secret = Annotated[str, Meta(max_length=200, extra_json_schema={"format": "password"})]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`robot_code` is the app's key where it is empty. `in_session`: answers go by the message's own address
    while that lives."""

    v: Literal[1] = 1
    app_key: Annotated[str, Meta(max_length=100)] = ""
    mode: Literal["stream", "hook"] = "stream"
    robot_code: Annotated[str, Meta(max_length=100)] = ""
    in_session: bool = True
    per_minute: Annotated[int, Meta(ge=1, le=10_000)] = 20
    api_url: _Url = "https://api.dingtalk.com"
    old_api_url: _Url = "https://oapi.dingtalk.com"

    def __post_init__(self) -> None:
        check_addresses(self.api_url, self.old_api_url)

    @property
    def robot(self) -> str:
        return self.robot_code or self.app_key


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token` and `aes_key` open what comes sealed, as event subscriptions do."""

    app_secret: _Secret
    token: _Secret = ""
    aes_key: _Secret = ""


FIELDS = {
    "app_key": Field(
        label={"zh-CN": "Client ID（AppKey）", "en": "Client ID (AppKey)"},
        help={
            "zh-CN": "打开钉钉开放平台（open-dev.dingtalk.com）→ 应用开发 → 钉钉应用 → 选择企业内部应用"
            " → 凭证与基础信息，复制 Client ID（原 AppKey）。",
            "en": "DingTalk open platform (open-dev.dingtalk.com) → App development → your internal app"
            " → Credentials & basic information: copy the Client ID (formerly AppKey).",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "Client Secret（AppSecret）", "en": "Client Secret (AppSecret)"},
        help={
            "zh-CN": "与 Client ID 同一页：凭证与基础信息 → Client Secret（原 AppSecret），点击查看后复制。",
            "en": "On the same page as the Client ID: Credentials & basic information → Client Secret"
            " (formerly AppSecret).",
        },
    ),
    "mode": Field(
        label={"zh-CN": "接收方式", "en": "How messages come in"},
        help={
            "zh-CN": "在应用的“机器人”页 → 消息接收模式：选 Stream 模式不需要公网地址（推荐）；选 HTTP "
            "模式时，把本渠道的回调地址填到消息接收地址，然后发布机器人。",
            "en": "The app's page Robot → Message receiving mode: Stream needs no public address and is"
            " the platform's advice; HTTP wants this channel's hook address as the receiving address. Then"
            " publish the robot.",
        },
        options={
            "stream": {"zh-CN": "Stream 模式", "en": "Stream"},
            "hook": {"zh-CN": "HTTP 模式", "en": "HTTP"},
        },
    ),
    "robot_code": Field(
        label={"zh-CN": "机器人编码", "en": "Robot code"},
        help={
            "zh-CN": "应用的“机器人”页 → RobotCode。企业内部应用的机器人与 Client ID 相同，留空即可。",
            "en": "The app's page Robot → RobotCode. That of an internal app is its Client ID: leave it"
            " empty.",
        },
        advanced=True,
    ),
    "in_session": Field(
        label={"zh-CN": "在会话内回复", "en": "Answer in the session"},
        help={
            "zh-CN": "开：客户来信后约一个半小时内，文字回复走会话地址，无需消息发送权限，也能回复企业外的"
            "人，但不能撤回、没有已读。关：一律用机器人接口发送，需要在“权限管理”开通机器人发送消息的权"
            "限。",
            "en": "On: for about an hour and a half after a message, text goes by the session's address;"
            " that needs no permission and reaches people outside the company, but can be neither recalled"
            " nor seen as read. Off: everything goes by the robot's interface, which needs the permission"
            " to send (Permission management).",
        },
    ),
    "per_minute": Field(
        label={"zh-CN": "每个会话每分钟发送上限", "en": "Messages a minute to one chat"},
        help={
            "zh-CN": "平台对群机器人的限制是每分钟 20 条，超出后会被限流 10 分钟；开放平台 → 接口调用频率"
            "页可查到贵企业的额度。",
            "en": "The platform takes 20 a minute from a robot in a group and then stops it for ten"
            " minutes; your company's own limit is on the open platform's page on call frequency.",
        },
        advanced=True,
    ),
    "token": Field(
        label={"zh-CN": "签名 Token", "en": "Signing token"},
        help={
            "zh-CN": "仅当“事件订阅”选择 HTTP 推送并指向本渠道的回调地址时填写：事件订阅 → 签名 token，"
            "点击生成后复制。",
            "en": "Only where the app's event subscription (HTTP push) leads to this channel's hook: Event"
            " subscription → Token.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "加密 aes_key", "en": "aes_key"},
        help={
            "zh-CN": "与签名 Token 同一页：事件订阅 → 加密 aes_key（43 位字符）。",
            "en": "On the same page as the token: Event subscription → aes_key (43 characters).",
        },
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "专属钉钉（私有部署）填写其新版接口地址；其他情况保持 https://api.dingtalk.com。",
            "en": "Only for a DingTalk of one's own premises: its new interface. Otherwise"
            " https://api.dingtalk.com.",
        },
        advanced=True,
    ),
    "old_api_url": Field(
        label={"zh-CN": "旧版接口地址", "en": "Old interface address"},
        help={
            "zh-CN": "专属钉钉（私有部署）填写其旧版接口地址；其他情况保持 https://oapi.dingtalk.com。",
            "en": "Only for a DingTalk of one's own premises: its old interface. Otherwise"
            " https://oapi.dingtalk.com.",
        },
        advanced=True,
    ),
}
