"""What connects one signature and template of Alibaba Cloud's text messages."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API = "https://dysmsapi.aliyuncs.com"
_Short = Annotated[str, Meta(max_length=200)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent writes fills `template_variable`, the one variable of `template_code`. `allowed_ips`:
    addresses and networks with blanks between them; empty: any."""

    v: Literal[1] = 1
    access_key_id: _Short = ""
    sign_name: _Short = ""
    template_code: _Short = ""
    template_variable: Annotated[str, Meta(min_length=1, max_length=50)] = "content"
    text_length: Annotated[int, Meta(ge=1, le=1000)] = 35
    extend_code: Annotated[str, Meta(max_length=20, pattern="^[0-9]*$")] = ""
    allowed_ips: Annotated[str, Meta(max_length=2000)] = ""
    api_url: Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})] = API

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`callback_key` is ours: the platform does not sign its calls, so their address has it in its query."""

    access_key_secret: _Short = ""
    callback_key: Annotated[str, Meta(max_length=128, pattern="^$|^[A-Za-z0-9_-]{16,}$")] = ""


FIELDS = {
    "access_key_id": Field(
        label={"zh-CN": "AccessKey ID", "en": "AccessKey ID"},
        help={
            "zh-CN": "阿里云控制台右上角头像 → AccessKey 管理（建议用 RAM 子账号，授权 "
            "AliyunDysmsFullAccess），以 LTAI 开头。",
            "en": "Alibaba Cloud console → your picture → AccessKey (best of a RAM user with "
            "AliyunDysmsFullAccess); begins with LTAI.",
        },
    ),
    "access_key_secret": Field(
        label={"zh-CN": "AccessKey Secret", "en": "AccessKey secret"},
        help={
            "zh-CN": "创建 AccessKey 时只显示一次；遗失请在 AccessKey 管理页新建一对。",
            "en": "Shown once when the AccessKey is created; where it is lost, create another pair.",
        },
    ),
    "sign_name": Field(
        label={"zh-CN": "短信签名", "en": "Signature"},
        help={
            "zh-CN": "短信服务控制台 → 国内消息 → 签名管理，填已审核通过的签名名称（不含【】）。",
            "en": "Short Message Service console → Domestic messages → Signatures: the name of an "
            "approved one, without the brackets.",
        },
    ),
    "template_code": Field(
        label={"zh-CN": "回复模板", "en": "Reply template"},
        help={
            "zh-CN": "短信服务控制台 → 国内消息 → 模板管理，填模板 CODE（如 SMS_123456789）。"
            "平台只允许模板短信：请申请只有一个变量的模板，例如“客服回复：${content}”。",
            "en": "Short Message Service console → Domestic messages → Templates: the CODE, as "
            "SMS_123456789. Nothing but templates may be sent: apply for one with a single variable, such "
            "as “客服回复：${content}”.",
        },
    ),
    "template_variable": Field(
        label={"zh-CN": "模板变量名", "en": "Template's variable"},
        help={
            "zh-CN": "模板里 ${ } 中的名称（模板管理 → 详情可见），客服的回复填入这个变量。",
            "en": "The name inside ${ } of the template (Templates → Details); agents' replies fill it.",
        },
    ),
    "text_length": Field(
        label={"zh-CN": "变量最大字数", "en": "Longest variable"},
        help={
            "zh-CN": "该变量允许的最多字数，见模板管理 → 详情中的变量属性；"
            "超出的回复会分成多条短信（各自计费）。",
            "en": "Characters the variable may have, see Templates → Details → Variable attributes; "
            "longer replies go as several messages, each of which is charged.",
        },
    ),
    "callback_key": Field(
        label={"zh-CN": "回调密钥", "en": "Callback key"},
        help={
            "zh-CN": "自己设定一串至少 16 位的随机字母数字。阿里云的推送没有签名，请在短信服务控制台 → "
            "系统设置 → 回执与上行 → HTTP 批量推送里，把 SmsReport 与 SmsUp "
            "的地址都填成“本渠道回调地址?key=这串密钥”。",
            "en": "At random, 16 letters and digits or more, chosen by you. Alibaba does not sign its "
            "calls: in the Short Message Service console → System settings → HTTP batch push enter “this "
            "channel's hook address?key=the key” for both SmsReport and SmsUp.",
        },
    ),
    "allowed_ips": Field(
        label={"zh-CN": "允许的来源 IP", "en": "Allowed addresses"},
        help={
            "zh-CN": "只接受这些 IP 或网段（空格分隔，如 106.11.0.0/16）的推送；"
            "阿里云推送的出口地址请向其工单确认。留空不限制。",
            "en": "Calls are taken from these IP addresses and networks only (blanks between them); ask "
            "Alibaba's support for the ones it calls from. Empty: from any.",
        },
        advanced=True,
    ),
    "extend_code": Field(
        label={"zh-CN": "上行扩展码", "en": "Extension code"},
        help={
            "zh-CN": "开通上行短信时分配的扩展码（短信服务控制台 → 国内消息 → 上行短信），可留空。",
            "en": "Given when inbound messages were switched on (Short Message Service console → Domestic "
            "messages → Inbound); may be empty.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "阿里云短信接口的域名，一般无需修改。",
            "en": "Where Alibaba's interface answers; seldom changed.",
        },
        advanced=True,
    ),
}
