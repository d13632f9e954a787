"""What the forms of Messenger and Instagram say alike."""

from kezhan.channels.base import Field
from kezhan.channels.vendors.meta.graph import API_FIELDS

SHARED_FIELDS = {
    "app_secret": Field(
        label={"zh-CN": "应用密钥", "en": "App secret"},
        help={
            "zh-CN": "developers.facebook.com → 我的应用 → 应用设置 → 基本 → 应用密钥 → 显示。",
            "en": "developers.facebook.com, My Apps, App settings, Basic, App secret, Show.",
        },
    ),
    "app_id": Field(
        label={"zh-CN": "应用编号", "en": "App ID"},
        help={
            "zh-CN": "与应用密钥在同一页最上方；用来认出自己发出的消息，可以留空。",
            "en": "On the same page as the app secret, at the top; our own messages are known by it. May "
            "be empty.",
        },
    ),
    "human_agent": Field(
        label={"zh-CN": "人工客服 7 天窗口", "en": "Seven days for human agents"},
        help={
            "zh-CN": "应用审核 → 权限和功能里已获得 Human Agent 权限时打开：客户最后一条消息 7 "
            "天内都能回复。",
            "en": "For apps with the Human Agent permission (App Review, Permissions and features): "
            "customers may be answered for seven days instead of one.",
        },
    ),
    "sign_calls": Field(
        label={"zh-CN": "附带密钥证明", "en": "Prove the app secret"},
        help={
            "zh-CN": "应用设置 → 高级 → “需要应用密钥”打开时，这里也要打开。",
            "en": "To be on where App settings, Advanced, Require app secret is on.",
        },
        advanced=True,
    ),
    **API_FIELDS,
}
