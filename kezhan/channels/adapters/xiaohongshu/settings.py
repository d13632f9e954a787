"""What connects one Xiaohongshu account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API = "https://adapi.xiaohongshu.com"
_Short = Annotated[str, Meta(max_length=200)]
_Path = Annotated[str, Meta(max_length=200, pattern="^$|^/")]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`user_id` is the account's own. `check_signature`: the platform signs what it posts."""

    v: Literal[1] = 1
    app_id: _Short = ""
    user_id: _Short = ""
    check_signature: bool = False
    replies_per_hour: Annotated[int, Meta(ge=1, le=10_000)] = 20
    send_path: _Path = ""
    oauth_path: _Path = "/api/open/oauth2"
    api_url: Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})] = API

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`aes_key` covers what is said, both ways; `signing_key` empty: it signs too. Either an `auth_code` just
    given or a `refresh_token` begins the authorisation."""

    aes_key: Annotated[str, Meta(max_length=32, pattern="^$|^[0-9a-fA-F]{32}$")] = ""
    signing_key: _Short = ""
    app_secret: _Short = ""
    auth_code: Annotated[str, Meta(max_length=2000)] = ""
    refresh_token: Annotated[str, Meta(max_length=2000)] = ""


FIELDS = {
    "app_id": Field(
        label={"zh-CN": "App ID", "en": "App ID"},
        help={
            "zh-CN": "与小红书（聚光 / 私信通）签约三方客服后，在聚光平台 → 开发者 → 应用详情中查看。",
            "en": "After the contract for third-party service with Xiaohongshu: Juguang platform → "
            "Developers → your app.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "App Secret", "en": "App secret"},
        help={
            "zh-CN": "与 App ID 在同一页，用于换取 Access-Token。",
            "en": "On the same page as the App ID; the access token is asked for with it.",
        },
    ),
    "user_id": Field(
        label={"zh-CN": "企业号用户 ID", "en": "Account's user ID"},
        help={
            "zh-CN": "商家扫码绑定的企业号的用户 ID：小红书专业号中心 → 账号信息，或聚光平台 → "
            "账户管理中查看。",
            "en": "The user ID of the account that the merchant has bound by scanning: Xiaohongshu business "
            "centre → Account, or Juguang platform → Accounts.",
        },
    ),
    "aes_key": Field(
        label={"zh-CN": "加密密钥", "en": "Encryption key"},
        help={
            "zh-CN": "签约时小红书提供的消息加密密钥，32 位十六进制。平台只会调用固定路径，"
            "请在反向代理中转发：/api/open/im/send → 本渠道回调地址?event=send，"
            "/api/open/im/third/bind_account → ?event=bind_account，unbind_account、"
            "/api/open/im/auth/bind_user/event（bind_user）、/api/open/im/intent/comment（comment）、"
            "/api/open/im/third/data（data）同理。",
            "en": "Given with the contract: 32 hexadecimal digits. The platform calls fixed paths only, "
            "which your reverse proxy has to pass on: /api/open/im/send to this channel's hook "
            "address?event=send, /api/open/im/third/bind_account to ?event=bind_account, and likewise "
            "unbind_account, /api/open/im/auth/bind_user/event (bind_user), /api/open/im/intent/comment "
            "(comment) and /api/open/im/third/data (data).",
        },
    ),
    "auth_code": Field(
        label={"zh-CN": "授权码", "en": "Authorisation code"},
        help={
            "zh-CN": "聚光平台授权后跳转地址里的 auth_code，只能用一次；已有 refresh_token 时留空。",
            "en": "The auth_code in the address one is sent to after authorising on the Juguang platform; "
            "good once. Empty where there is a refresh token.",
        },
    ),
    "refresh_token": Field(
        label={"zh-CN": "刷新令牌", "en": "Refresh token"},
        help={
            "zh-CN": "已在别处完成授权时，填写当时得到的 refresh_token。",
            "en": "Where the authorisation was done elsewhere: the refresh token it gave.",
        },
    ),
    "send_path": Field(
        label={"zh-CN": "发送接口路径", "en": "Path to send to"},
        help={
            "zh-CN": "签约文档中发送私信的路径（以 /api/open/ 开头）；留空则只接收不发送。",
            "en": "As in the documentation that came with the contract (begins with /api/open/); empty: "
            "messages only come in.",
        },
    ),
    "replies_per_hour": Field(
        label={"zh-CN": "每小时回复上限", "en": "Replies in an hour"},
        help={
            "zh-CN": "对同一用户每小时最多回复几条；平台未公布，以签约文档为准。",
            "en": "To one customer; the platform publishes no number, see the contract's documentation.",
        },
        advanced=True,
    ),
    "check_signature": Field(
        label={"zh-CN": "校验推送签名", "en": "Check signatures"},
        help={
            "zh-CN": "签约文档写明推送带 X-Xhs-Signature 请求头时打开；关闭时只要求内容能用加密密钥解开。",
            "en": "On where the contract's documentation says that calls have the header X-Xhs-Signature; "
            "off: it is enough that they can be decrypted by the key.",
        },
        advanced=True,
    ),
    "signing_key": Field(
        label={"zh-CN": "签名密钥", "en": "Signing key"},
        help={
            "zh-CN": "签约文档给出单独的签名密钥时填写；留空则用加密密钥验签。",
            "en": "Where the contract's documentation gives a key of its own for signatures; empty: the "
            "encryption key.",
        },
        advanced=True,
    ),
    "oauth_path": Field(
        label={"zh-CN": "令牌接口路径", "en": "Path of tokens"},
        help={
            "zh-CN": "聚光开放平台文档 → 授权 中的路径（不含最后一段），一般无需修改。",
            "en": "As in the Juguang platform's documentation under Authorisation, without its last part; "
            "seldom changed.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "小红书开放接口的域名，一般无需修改。",
            "en": "Where Xiaohongshu's interface answers; seldom changed.",
        },
        advanced=True,
    ),
}
