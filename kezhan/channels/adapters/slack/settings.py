"""What connects an app of a workspace."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

_Url = Annotated[str, Meta(max_length=300, extra_json_schema={"format": "uri"})]
_Secret = Annotated[str, Meta(max_length=300, extra_json_schema={"format": "password"})]
_Member = Annotated[str, Meta(max_length=30, pattern=r"^[A-Z0-9]+$")]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`staff`: the member ids of our own people, whose messages there are ours."""

    v: Literal[1] = 1
    mode: Literal["hook", "socket"] = "hook"
    in_thread: bool = True
    show_agent: bool = False
    staff: Annotated[tuple[_Member, ...], Meta(max_length=200)] = ()
    api_url: _Url = "https://slack.com/api"

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Slack signs with the first, we speak with the second, and open sockets with the third."""

    signing_secret: _Secret
    bot_token: _Secret
    app_token: _Secret = ""


FIELDS = {
    "signing_secret": Field(
        label={"zh-CN": "Signing Secret", "en": "Signing Secret"},
        help={
            "zh-CN": "打开 api.slack.com/apps → 选择应用（没有则 Create New App）→ Basic Information →"
            " App Credentials → Signing Secret，点击 Show 后复制。",
            "en": "api.slack.com/apps → your app (or Create New App) → Basic Information → App"
            " Credentials → Signing Secret: Show, then copy.",
        },
    ),
    "bot_token": Field(
        label={"zh-CN": "Bot User OAuth Token", "en": "Bot User OAuth Token"},
        help={
            "zh-CN": "同一应用的 OAuth & Permissions 页：先在 Bot Token Scopes 添加 chat:write、"
            "channels:history、groups:history、im:history、channels:read、groups:read、im:read、users:read、"
            "users:read.email、files:read、files:write，点击 Install to Workspace，再复制以 xoxb- 开头的令"
            "牌。然后在 Event Subscriptions 页打开开关（HTTP 方式把本渠道的回调地址填到 Request URL），在"
            " Subscribe to bot events 里订阅 message.channels、message.groups、message.im，并把机器人邀请进频"
            "道。",
            "en": "The app's page OAuth & Permissions: under Bot Token Scopes add chat:write,"
            " channels:history, groups:history, im:history, channels:read, groups:read, im:read,"
            " users:read, users:read.email, files:read and files:write, press Install to Workspace, and"
            " copy the token that begins with xoxb-. Then switch on Event Subscriptions (over HTTP with this"
            " channel's hook address as Request URL), subscribe to the bot events message.channels,"
            " message.groups and message.im, and invite the bot to the channels.",
        },
    ),
    "mode": Field(
        label={"zh-CN": "接收方式", "en": "How messages come in"},
        help={
            "zh-CN": "HTTP：Slack 调用本渠道的回调地址。Socket Mode：系统主动连接 Slack，不需要公网地址；先在"
            "应用的 Socket Mode 页打开开关，再填写下面的 App-Level Token。",
            "en": "HTTP: Slack calls this channel's hook address. Socket Mode: we connect to Slack, and no"
            " public address is needed; switch it on at the app's page Socket Mode, and enter the"
            " app-level token below.",
        },
        options={
            "hook": {"zh-CN": "HTTP", "en": "HTTP"},
            "socket": {"zh-CN": "Socket Mode", "en": "Socket Mode"},
        },
    ),
    "app_token": Field(
        label={"zh-CN": "App-Level Token", "en": "App-Level Token"},
        help={
            "zh-CN": "仅 Socket Mode 需要：Basic Information 页 → App-Level Tokens → Generate Token and"
            " Scopes，添加 connections:write，复制以 xapp- 开头的令牌。",
            "en": "Only for Socket Mode: Basic Information → App-Level Tokens → Generate Token and Scopes,"
            " add connections:write, and copy the token that begins with xapp-.",
        },
    ),
    "in_thread": Field(
        label={"zh-CN": "在消息列中回复", "en": "Answer in a thread"},
        help={
            "zh-CN": "开：频道里的回复放进客户消息的消息列（thread）；关：直接发到频道。私信不受影响。",
            "en": "On: answers in channels go into the thread of the customer's message; off: into the"
            " channel itself. Direct messages are as they are.",
        },
    ),
    "show_agent": Field(
        label={"zh-CN": "显示客服姓名", "en": "Show the agent's name"},
        help={
            "zh-CN": "以客服的名字发送，需要在 OAuth & Permissions 页再添加权限 chat:write.customize 并重"
            "新安装应用。",
            "en": "Messages bear the agent's name; add the scope chat:write.customize under OAuth &"
            " Permissions and install the app again.",
        },
        advanced=True,
    ),
    "staff": Field(
        label={"zh-CN": "我方成员", "en": "Our own people"},
        help={
            "zh-CN": "我方同事在 Slack 里直接发的消息记为客服消息。填写成员 ID（以 U 开头）：在 Slack 点开"
            "同事头像 → 查看完整个人档案 → 更多 → 复制成员 ID。",
            "en": "What these people write in Slack itself counts as an agent's. Their member ids begin"
            " with U: in Slack open a profile → View full profile → More → Copy member ID.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "保持 https://slack.com/api；仅 GovSlack 填写 https://slack-gov.com/api。",
            "en": "Stays https://slack.com/api; only GovSlack has https://slack-gov.com/api.",
        },
        advanced=True,
    ),
}
