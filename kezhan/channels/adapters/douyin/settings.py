"""What connects one Douyin business account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API = "https://open.douyin.com"
_Short = Annotated[str, Meta(max_length=200)]
_Long = Annotated[str, Meta(max_length=2000)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`open_id` is the business account's own, under this app."""

    v: Literal[1] = 1
    client_key: _Short = ""
    open_id: _Short = ""
    recall_path: Annotated[str, Meta(max_length=200, pattern="^/")] = "/im/recall/msg/"
    api_url: Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})] = API

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either a `code` just given by Douyin or a `refresh_token` begins the authorisation; what follows from
    it is kept apart. `webhook_secret` empty: the client secret signs."""

    client_secret: _Short = ""
    webhook_secret: _Short = ""
    code: _Long = ""
    refresh_token: _Long = ""


FIELDS = {
    "client_key": Field(
        label={"zh-CN": "应用 Client Key", "en": "Client key"},
        help={
            "zh-CN": "登录抖音开放平台（developer.open-douyin.com）→ 控制台 → 选择应用 → 应用信息，复制 "
            "Client Key。应用需已获得私信能力；平台目前基本不再新增准入，请先确认已获批。",
            "en": "developer.open-douyin.com → Console → your app → App information: copy the Client "
            "Key. The app must have been admitted to private messages, which the platform hardly grants any "
            "more.",
        },
    ),
    "client_secret": Field(
        label={"zh-CN": "应用 Client Secret", "en": "Client secret"},
        help={
            "zh-CN": "与 Client Key 在同一页：控制台 → 应用 → 应用信息，点击“查看”后复制。",
            "en": "On the same page as the Client Key: Console → your app → App information, press “View”.",
        },
    ),
    "webhook_secret": Field(
        label={"zh-CN": "Webhook 验签密钥", "en": "Webhook secret"},
        help={
            "zh-CN": "控制台 → 应用 → 开发配置 → Webhooks。仅当该页显示单独的验签秘钥时填写；留空则用 "
            "Client Secret 验签。请在同一页把本渠道的回调地址填为推送地址，并订阅私信事件。",
            "en": "Console → your app → Development → Webhooks. Only where that page shows a secret of "
            "its own; empty: the client secret signs. Enter this channel's hook address on the same page "
            "and subscribe to the private message events.",
        },
        advanced=True,
    ),
    "open_id": Field(
        label={"zh-CN": "企业号 OpenID", "en": "Account's OpenID"},
        help={
            "zh-CN": "运营者扫码授权后，换取 access_token 的结果里有 open_id；也可在控制台 → 应用 → "
            "用户授权管理中查看。",
            "en": "Comes with the access token once the operator has scanned and authorised; also under "
            "Console → your app → Authorised users.",
        },
    ),
    "code": Field(
        label={"zh-CN": "授权码 code", "en": "Authorisation code"},
        help={
            "zh-CN": "运营者用抖音扫码授权后，浏览器跳转地址里的 code= 后面的内容。只能用一次，请尽快保存；"
            "已有 refresh_token 时留空。",
            "en": "What follows code= in the address the browser is sent to after the operator has scanned "
            "and authorised. Good once and for a short time; empty where there is a refresh token.",
        },
    ),
    "refresh_token": Field(
        label={"zh-CN": "刷新令牌 refresh_token", "en": "Refresh token"},
        help={
            "zh-CN": "已在别处完成授权时，填写当时得到的 refresh_token（30 天有效，本系统会自动续期，最多 5 "
            "次）。",
            "en": "Where the authorisation was done elsewhere: the refresh token it gave (good for 30 days; "
            "it is renewed here, 5 times at most).",
        },
    ),
    "recall_path": Field(
        label={"zh-CN": "撤回接口路径", "en": "Path of the recall call"},
        help={
            "zh-CN": "抖音开放平台文档 → 私信 → 撤回消息 中的接口路径，一般无需修改。",
            "en": "As in Douyin's documentation under Private messages → Recall; seldom changed.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "抖音开放平台的接口域名，一般无需修改。",
            "en": "Where Douyin's open platform answers; seldom changed.",
        },
        advanced=True,
    ),
}
