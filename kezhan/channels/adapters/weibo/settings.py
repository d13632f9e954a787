"""What connects one Weibo account."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

REPLY = "https://c.api.weibo.com/2/messages/reply/biz.json"
PROFILE = "https://api.weibo.com/2/eps/user/info.json"
MEDIA = "https://upload.api.weibo.com/2/mss/msget"
_Address = Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`uid` is the account's own; `window_messages` 0: as often as one likes."""

    v: Literal[1] = 1
    uid: Annotated[str, Meta(max_length=20, pattern=r"^[0-9]*$")] = ""
    text_length: Annotated[int, Meta(ge=1, le=10_000)] = 300
    window_hours: Annotated[int, Meta(ge=1, le=168)] = 48
    window_messages: Annotated[int, Meta(ge=0, le=1000)] = 0
    reply_url: _Address = REPLY
    profile_url: _Address = PROFILE
    media_url: _Address = MEDIA

    def __post_init__(self) -> None:
        check_addresses(self.reply_url, self.profile_url, self.media_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`app_secret` signs what comes in, `access_token` opens what goes out."""

    app_secret: Annotated[str, Meta(max_length=200)] = ""
    access_token: Annotated[str, Meta(max_length=2000)] = ""


FIELDS = {
    "uid": Field(
        label={"zh-CN": "账号 UID", "en": "Account's UID"},
        help={
            "zh-CN": "打开自己的微博主页，地址 weibo.com/u/ 后面的一串数字；用于“测试连接”。",
            "en": "The digits after weibo.com/u/ on the account's own page; the connection test asks for it.",
        },
    ),
    "app_secret": Field(
        label={"zh-CN": "App Secret", "en": "App secret"},
        help={
            "zh-CN": "open.weibo.com → 我的应用 → 选择应用 → 应用信息 → 基本信息，复制 App Secret。"
            "推送用它签名，不是自定义 Token。",
            "en": "open.weibo.com → My apps → your app → App information → Basics: copy the App Secret. "
            "Weibo signs with it, not with a token of your own.",
        },
    ),
    "access_token": Field(
        label={"zh-CN": "粉丝服务 access_token", "en": "Fans service access token"},
        help={
            "zh-CN": "微博管理中心（蓝V 账号）→ 粉丝服务 → 高级功能 → 开发者模式：启用后在该页复制 "
            "access_token，并把本渠道的回调地址填为 URL、消息格式选 JSON。",
            "en": "Weibo management centre (verified company accounts) → Fans service → Advanced → "
            "Developer mode: switch it on and copy the access token; enter this channel's hook address as "
            "the URL and choose JSON as the format.",
        },
    ),
    "text_length": Field(
        label={"zh-CN": "单条文字上限", "en": "Longest text"},
        help={
            "zh-CN": "每条回复最多多少字，超出会自动分条。平台未公布确切数值，以开发者模式页的说明为准。",
            "en": "Characters of one reply; longer ones go in parts. The platform publishes no certain "
            "number: keep to what the Developer mode page says.",
        },
        advanced=True,
    ),
    "window_hours": Field(
        label={"zh-CN": "可回复时长（小时）", "en": "Hours to reply in"},
        help={
            "zh-CN": "用户来信、关注或点击菜单后多少小时内可以回复：目前为 48；旧规则为 72。"
            "以开发者模式页的说明为准。",
            "en": "For how long one may reply after a message, a follow or a click: 48 now, 72 under the "
            "older rules. See the Developer mode page.",
        },
        advanced=True,
    ),
    "window_messages": Field(
        label={"zh-CN": "期间可回复条数", "en": "Replies in that time"},
        help={
            "zh-CN": "0 表示不限（目前的规则）；旧规则为 3。以开发者模式页的说明为准。",
            "en": "0: any number (the rules as they are now); 3 under the older ones. See the Developer "
            "mode page.",
        },
        advanced=True,
    ),
    "reply_url": Field(
        label={"zh-CN": "回复接口", "en": "Reply address"},
        help={
            "zh-CN": "企业账号用默认值；其他账号按 open.weibo.com 文档改为 "
            "https://m.api.weibo.com/2/messages/reply.json。",
            "en": "As it is for companies; other accounts use "
            "https://m.api.weibo.com/2/messages/reply.json, see open.weibo.com.",
        },
        advanced=True,
    ),
    "profile_url": Field(
        label={"zh-CN": "用户资料接口", "en": "Profile address"},
        help={
            "zh-CN": "open.weibo.com 文档 → 粉丝服务 → 获取用户基本信息，一般无需修改。",
            "en": "open.weibo.com → Fans service → User information; seldom changed.",
        },
        advanced=True,
    ),
    "media_url": Field(
        label={"zh-CN": "多媒体下载接口", "en": "Media address"},
        help={
            "zh-CN": "open.weibo.com 文档 → 粉丝服务 → 接收图片和语音，一般无需修改。",
            "en": "open.weibo.com → Fans service → Receiving pictures and voice; seldom changed.",
        },
        advanced=True,
    ),
}
