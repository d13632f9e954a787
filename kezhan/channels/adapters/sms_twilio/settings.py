"""What connects a number, or a messaging service, of one Twilio account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API = "https://api.twilio.com"
_Short = Annotated[str, Meta(max_length=200)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sent from `messaging_service_sid` where there is one, else from `from_number`. `api_key_sid` empty: the
    auth token opens the interface too."""

    v: Literal[1] = 1
    account_sid: Annotated[str, Meta(max_length=64, pattern="^[A-Za-z0-9-]*$")] = ""
    from_number: _Short = ""
    messaging_service_sid: _Short = ""
    mms: bool = False
    api_key_sid: _Short = ""
    shared_key_id: _Short = ""
    api_url: Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})] = API

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`auth_token` signs what comes in, or `shared_key` where Twilio signs in the newer way."""

    auth_token: _Short = ""
    api_key_secret: _Short = ""
    shared_key: _Short = ""


FIELDS = {
    "account_sid": Field(
        label={"zh-CN": "Account SID", "en": "Account SID"},
        help={
            "zh-CN": "登录 console.twilio.com，首页 Account Info 一栏，以 AC 开头。",
            "en": "console.twilio.com → the first page, under Account Info; begins with AC.",
        },
    ),
    "auth_token": Field(
        label={"zh-CN": "Auth Token", "en": "Auth token"},
        help={
            "zh-CN": "console.twilio.com 首页 Account Info 一栏，点击 Show 后复制；Twilio 用它给回调签名。",
            "en": "console.twilio.com → the first page, under Account Info, press Show. Twilio signs its "
            "calls with it.",
        },
    ),
    "from_number": Field(
        label={"zh-CN": "发送号码", "en": "Number"},
        help={
            "zh-CN": "Console → Phone Numbers → Manage → Active numbers 中的号码，如 +18005551212；"
            "并在该号码的 Messaging 配置里把“A message comes in”设为本渠道的回调地址。",
            "en": "Console → Phone Numbers → Manage → Active numbers, as in +18005551212. In its "
            "Messaging configuration “A message comes in” is this channel's hook address.",
        },
    ),
    "messaging_service_sid": Field(
        label={"zh-CN": "Messaging Service SID", "en": "Messaging service SID"},
        help={
            "zh-CN": "Console → Messaging → Services，以 MG 开头；填写后由该服务选择发送号码，可留空。"
            "入站设置（Integration）里填本渠道的回调地址。",
            "en": "Console → Messaging → Services; begins with MG. The service then picks the number; may "
            "be empty. Under Integration enter this channel's hook address.",
        },
    ),
    "mms": Field(
        label={"zh-CN": "发送彩信", "en": "Send pictures"},
        help={
            "zh-CN": "号码支持 MMS 时打开（Console → Active numbers 的 Capabilities 列）；"
            "关闭时图片以链接发出。",
            "en": "Where the number can do MMS (Console → Active numbers, column Capabilities); otherwise "
            "pictures go as links.",
        },
    ),
    "api_key_sid": Field(
        label={"zh-CN": "API Key SID", "en": "API key SID"},
        help={
            "zh-CN": "Console → Account → API keys & tokens，以 SK 开头；留空则用 Auth Token 调用接口。",
            "en": "Console → Account → API keys & tokens; begins with SK. Empty: the auth token is used.",
        },
        advanced=True,
    ),
    "api_key_secret": Field(
        label={"zh-CN": "API Key Secret", "en": "API key secret"},
        help={
            "zh-CN": "创建 API Key 时显示一次的 Secret；与 API Key SID 一起填写。",
            "en": "Shown once when the API key is created; goes with the API key SID.",
        },
        advanced=True,
    ),
    "shared_key_id": Field(
        label={"zh-CN": "签名密钥 ID", "en": "Signing key's ID"},
        help={
            "zh-CN": "启用 HMAC_SHA256 新签名方式时，Console → Account → API keys & tokens 中共享密钥的 "
            "ID；留空则不核对 ID。",
            "en": "For the newer HMAC_SHA256 signatures: the shared key's ID under Console → Account → "
            "API keys & tokens. Empty: any.",
        },
        advanced=True,
    ),
    "shared_key": Field(
        label={"zh-CN": "签名密钥", "en": "Signing key"},
        help={
            "zh-CN": "启用 HMAC_SHA256 新签名方式时，创建共享密钥时显示的内容；否则留空。",
            "en": "For the newer HMAC_SHA256 signatures: what was shown when the shared key was created; "
            "otherwise empty.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "Twilio 的接口地址；兼容厂商请填其控制台给出的地址。",
            "en": "Twilio's; for a provider that speaks like it, the address its console names.",
        },
        advanced=True,
    ),
}
