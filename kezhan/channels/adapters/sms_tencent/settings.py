"""What connects one application and template of Tencent Cloud's text messages."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kezhan.channels.base import Field, check_addresses

API = "https://sms.tencentcloudapi.com"
_Short = Annotated[str, Meta(max_length=200)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent writes fills the one variable of `template_id`. `allowed_ips`: addresses and networks
    with blanks between them; empty: any."""

    v: Literal[1] = 1
    secret_id: _Short = ""
    sdk_app_id: Annotated[str, Meta(max_length=20, pattern="^[0-9]*$")] = ""
    sign_name: _Short = ""
    template_id: Annotated[str, Meta(max_length=20, pattern="^[0-9]*$")] = ""
    text_length: Annotated[int, Meta(ge=1, le=1000)] = 35
    region: Annotated[str, Meta(max_length=40, pattern="^[a-z0-9-]+$")] = "ap-guangzhou"
    extend_code: Annotated[str, Meta(max_length=20, pattern="^[0-9]*$")] = ""
    allowed_ips: Annotated[str, Meta(max_length=2000)] = ""
    api_url: Annotated[str, Meta(max_length=2000, extra_json_schema={"format": "uri"})] = API

    def __post_init__(self) -> None:
        check_addresses(self.api_url)


class Secrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`callback_key` is ours: the platform does not sign its calls, so their address has it in its query."""

    secret_key: _Short = ""
    callback_key: Annotated[str, Meta(max_length=128, pattern="^$|^[A-Za-z0-9_-]{16,}$")] = ""


FIELDS = {
    "secret_id": Field(
        label={"zh-CN": "SecretId", "en": "SecretId"},
        help={
            "zh-CN": "腾讯云控制台 → 访问管理 → 访问密钥 → API 密钥管理（建议用子账号，授权 "
            "QcloudSMSFullAccess），以 AKID 开头。",
            "en": "Tencent Cloud console → Cloud access management → Access keys → API keys (best of a "
            "sub-user with QcloudSMSFullAccess); begins with AKID.",
        },
    ),
    "secret_key": Field(
        label={"zh-CN": "SecretKey", "en": "SecretKey"},
        help={
            "zh-CN": "与 SecretId 在同一页；新建密钥时显示一次。",
            "en": "On the same page as the SecretId; shown once when the key is created.",
        },
    ),
    "sdk_app_id": Field(
        label={"zh-CN": "SDK AppID", "en": "SDK AppID"},
        help={
            "zh-CN": "短信控制台 → 应用管理 → 应用列表，复制 SDK AppID（如 1400006666）。",
            "en": "SMS console → Applications → list: the SDK AppID, as 1400006666.",
        },
    ),
    "sign_name": Field(
        label={"zh-CN": "短信签名", "en": "Signature"},
        help={
            "zh-CN": "短信控制台 → 国内短信 → 签名管理，填已审核通过的签名内容（不含【】）。",
            "en": "SMS console → Domestic → Signatures: the text of an approved one, without the brackets.",
        },
    ),
    "template_id": Field(
        label={"zh-CN": "回复模板 ID", "en": "Reply template's ID"},
        help={
            "zh-CN": "短信控制台 → 国内短信 → 正文模板管理，填模板 ID。平台只允许模板短信："
            "请申请只有一个变量的模板，例如“客服回复：{1}”。",
            "en": "SMS console → Domestic → Templates: the ID. Nothing but templates may be sent: apply "
            "for one with a single variable, such as “客服回复：{1}”.",
        },
    ),
    "text_length": Field(
        label={"zh-CN": "变量最大字数", "en": "Longest variable"},
        help={
            "zh-CN": "该变量允许的最多字数，见正文模板管理 → 变量规则；超出的回复会分成多条短信（各自计费）"
            "。",
            "en": "Characters the variable may have, see Templates → rules of variables; longer replies go "
            "as several messages, each of which is charged.",
        },
    ),
    "callback_key": Field(
        label={"zh-CN": "回调密钥", "en": "Callback key"},
        help={
            "zh-CN": "自己设定一串至少 16 位的随机字母数字。腾讯云的回调没有签名，请在短信控制台 → "
            "应用管理 → 应用列表 → 选择应用 → 回调设置里，"
            "把“短信回调”与“回复回调”的地址都填成“本渠道回调地址?key=这串密钥”。",
            "en": "At random, 16 letters and digits or more, chosen by you. Tencent does not sign its "
            "calls: in the SMS console → Applications → your application → Callbacks enter “this "
            "channel's hook address?key=the key” for both status and replies.",
        },
    ),
    "region": Field(
        label={"zh-CN": "地域", "en": "Region"},
        help={
            "zh-CN": "接口的地域，见腾讯云短信 API 文档 → 公共参数；一般无需修改。",
            "en": "As in Tencent's SMS documentation under Common parameters; seldom changed.",
        },
        advanced=True,
    ),
    "allowed_ips": Field(
        label={"zh-CN": "允许的来源 IP", "en": "Allowed addresses"},
        help={
            "zh-CN": "只接受这些 IP 或网段（空格分隔，如 106.55.0.0/16）的回调；"
            "腾讯云回调的出口地址请向其工单确认。留空不限制。",
            "en": "Calls are taken from these IP addresses and networks only (blanks between them); ask "
            "Tencent's support for the ones it calls from. Empty: from any.",
        },
        advanced=True,
    ),
    "extend_code": Field(
        label={"zh-CN": "短信码号扩展号", "en": "Extension code"},
        help={
            "zh-CN": "默认未开通；如已向腾讯云申请扩展号，填开通时给出的号码，否则留空。",
            "en": "Where Tencent has granted one on request: the digits it gave; otherwise empty.",
        },
        advanced=True,
    ),
    "api_url": Field(
        label={"zh-CN": "接口地址", "en": "Interface address"},
        help={
            "zh-CN": "腾讯云短信接口的域名，一般无需修改。",
            "en": "Where Tencent's interface answers; seldom changed.",
        },
        advanced=True,
    ),
}
