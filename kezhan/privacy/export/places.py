"""THE table of what a full export holds: every table of the schema is in GOES or in STAYS, and every column
of bytes of one that goes is said. A table or such a column in neither fails a test."""

from collections.abc import Mapping
from typing import NamedTuple

INDEX = "found anew from the rest"
"""Keys to sort and find by."""
SECRET = "a secret"  # noqa: S105 - a reason
DIGEST = "the digest of a secret"


class Goes(NamedTuple):
    """Out as `<name>.jsonl`. `en`, `zh`: what it holds. `without`: columns that stay, and why;
    `workspace_id` always does. `hexed`: columns of bytes and the names they go out by, as hex. `where`: the
    rows that go. `sealed`: values in it stand sealed and go out plain, since owners read every field."""

    name: str
    en: str
    zh: str
    without: Mapping[str, str] = {}
    hexed: Mapping[str, str] = {}
    where: str = ""
    sealed: bool = False


def _keys(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, INDEX)


_MADE = "('privacy.export', 'privacy.work', 'search.export', 'audit.export')"
FILES = (
    f"f.used_by is not null and split_part(f.used_by, ':', 1) not in {_MADE}"  # noqa: S608 - words of this file
    " and not (f.used_by like 'staff:%' and split_part(f.used_by, ':', 2) in"
    " (select id::text from staff_rooms where kind = 'direct'))"
)
"""Files in use that are not themselves lists or copies made to be fetched, nor what two colleagues sent each
other."""

GOES: Mapping[str, Goes] = {
    "workspaces": Goes("workspace", "The workspace itself", "企业空间本身"),
    "memberships": Goes("members", "Colleagues", "成员", _keys("sort_key")),
    "roles": Goes("roles", "Own roles and their rights", "自定义角色及权限", _keys("name_key", "sort_key")),
    "teams": Goes("teams", "Teams", "小组", _keys("sort_key")),
    "team_members": Goes("team_members", "Who is in which team", "小组成员"),
    "invitations": Goes("invitations", "Invitations to colleagues", "成员邀请", {"token_digest": DIGEST}),
    "api_tokens": Goes("api_tokens", "API tokens, by name", "API 令牌（仅名称）", {"token_digest": DIGEST}),
    "access_rules": Goes("access_rules", "Who may sign in from where", "登录限制"),
    "factor_rules": Goes("factor_rules", "Who needs a second factor", "两步验证要求"),
    "single_sign_on": Goes(
        "single_sign_on", "Single sign-on", "单点登录设置", {"secret": SECRET, "signing_key": SECRET}
    ),
    "provisioning": Goes("provisioning", "Provisioning of colleagues", "成员同步设置"),
    "audit_settings": Goes("audit_settings", "How long the log is kept", "操作日志保留期限"),
    "audit_log": Goes(
        "audit_log", "The audit log", "操作日志",
        {"private": "values of people under a key of their own; the log's own export shows them"},
    ),
    "personal_settings": Goes("personal_settings", "Colleagues' own settings", "成员个人设置"),
    "channel_accounts": Goes("channels", "Channels and their settings", "渠道及设置", {"secrets": SECRET}),
    "channel_weights": Goes("channel_weights", "What a conversation of a channel weighs", "渠道会话权重"),
    "channel_message_names": Goes("channel_messages", "Messages by platforms' ids", "消息在平台的编号"),
    "channel_deliveries": Goes("deliveries", "Deliveries to platforms", "向平台的投递记录"),
    "life_rules": Goes("life_rules", "When conversations end", "会话自动结束规则"),
    "upload_rules": Goes("upload_rules", "Kinds of files refused", "拒收的文件类型"),
    "alert_rules": Goes("alert_rules", "Alert rules", "告警规则"),
    "alert_events": Goes("alerts", "Alerts raised", "告警记录"),
    "contacts": Goes(
        "customers", "Customers", "客户",
        _keys("sort_key", "name_key", "email_key", "phone_key"), sealed=True,
    ),
    "identities": Goes(
        "customer_identities", "Customers' identities in channels", "客户在各渠道的身份",
        _keys("union_key", "email_key", "phone_key"),
    ),
    "contact_notes": Goes("customer_notes", "Notes on customers", "客户备注"),
    "contact_note_versions": Goes("customer_note_versions", "Earlier words of notes", "客户备注的历史版本"),
    "contact_tags": Goes("customer_tags", "Customers' tags", "客户标签"),
    "contact_merges": Goes("customer_merges", "Customers merged", "客户合并记录", sealed=True),
    "contact_merge_moves": Goes("customer_merge_moves", "What merges moved", "客户合并的内容"),
    "contact_strangers": Goes("customer_strangers", "Customers known to differ", "已确认不同的客户"),
    "blocks": Goes("blocked_customers", "Blocked customers", "拉黑的客户"),
    "companies": Goes("companies", "Companies", "公司", _keys("name_key", "sort_key"), sealed=True),
    "company_domains": Goes("company_domains", "Companies' domains", "公司的邮箱域名"),
    "field_sets": Goes("fields", "Custom fields", "自定义字段"),
    "consents": Goes("consents", "Consents given", "授权同意"),
    "consent_texts": Goes("consent_texts", "What is consented to", "授权文本"),
    "consent_versions": Goes("consent_versions", "Its words, by version", "授权文本各版本"),
    "legal_holds": Goes("legal_holds", "Legal holds", "依法保全"),
    "privacy_requests": Goes("privacy_requests", "Data requests", "数据请求"),
    "privacy_settings": Goes("privacy_settings", "Retention", "保留期限"),
    "visits": Goes("visits", "Visits", "访问", _keys("device_key")),
    "page_views": Goes("page_views", "Pages seen", "浏览页面"),
    "conversations": Goes("conversations", "Conversations", "会话"),
    "messages": Goes("messages", "Messages, notes and events", "消息、内部备注与系统提示"),
    "message_reactions": Goes("message_reactions", "Reactions to messages", "消息表情回应"),
    "conversation_tags": Goes("conversation_tags", "Conversations' tags", "会话标签"),
    "mentions": Goes("mentions", "Who was mentioned in notes", "备注中提到的成员"),
    "marks": Goes("read_marks", "How far people have read", "已读位置"),
    "scheduled_messages": Goes("scheduled_messages", "Scheduled messages", "定时消息"),
    "translations": Goes("translations", "Translations of messages", "消息译文", _keys("digest")),
    "wrap_ups": Goes("wrap_ups", "Wrap-ups", "会话小结"),
    "files": Goes(
        "files", "Files; the file itself is files/<id>-<name>", "文件；文件本身在 files/<id>-<名称>",
        hexed={"digest": "sha256"}, where=FILES,
    ),
    "file_uses": Goes("file_uses", "Further uses of files", "文件的其他用处"),
    "infected_files": Goes("infected_files", "Infected files refused", "拒收的带毒文件"),
    "surveys": Goes("surveys", "Surveys", "满意度评价"),
    "survey_versions": Goes("survey_versions", "Surveys, by version", "评价各版本"),
    "survey_invites": Goes("survey_answers", "Surveys sent and answered", "评价的发送与答复"),
    "survey_follow_ups": Goes("survey_follow_ups", "Follow-ups of low marks", "低分跟进"),
    "forms": Goes("forms", "Forms", "表单"),
    "form_versions": Goes("form_versions", "Forms, by version", "表单各版本"),
    "tags": Goes("tags", "Tags", "标签", _keys("name_key", "sort_key", "pinyin", "initials")),
    "tag_rules": Goes("tag_rules", "Tag rules", "标签规则", _keys("sort_key")),
    "segments": Goes("segments", "Segments", "客户分群", _keys("name_key", "sort_key")),
    "saved_views": Goes("views", "Saved views", "保存的视图"),
    "view_orders": Goes("view_orders", "The order of views", "视图顺序"),
    "quick_replies": Goes(
        "quick_replies", "Quick replies", "快捷回复",
        _keys("code_key", "title_key", "sort_key", "pinyin", "initials", "title_words", "words"),
    ),
    "quick_reply_files": Goes("quick_reply_files", "Quick replies' files", "快捷回复的文件"),
    "quick_uses": Goes("quick_reply_uses", "How often they were used", "快捷回复使用次数"),
    "quick_settings": Goes("quick_reply_settings", "Settings of quick replies", "快捷回复设置"),
    "word_lists": Goes("word_lists", "Sensitive words", "敏感词", _keys("name_key", "sort_key")),
    "word_hits": Goes("word_hits", "Sensitive words said", "敏感词命中"),
    "blocked_sources": Goes("blocked_sources", "Blocked addresses and devices", "拉黑的来源"),
    "shield_settings": Goes("shield_settings", "Protection against abuse", "防骚扰设置"),
    "schedules": Goes("schedules", "Business hours", "工作时间", _keys("sort_key")),
    "schedule_versions": Goes("schedule_versions", "Business hours, by version", "工作时间各版本"),
    "schedule_holidays": Goes("schedule_holidays", "Which holidays they keep", "工作时间采用的节假日"),
    "schedule_uses": Goes("schedule_uses", "Where they are used", "工作时间的使用"),
    "holiday_sets": Goes("holidays", "Holidays", "节假日", _keys("sort_key")),
    "routing_settings": Goes("routing_settings", "Settings of routing", "分配设置"),
    "routing_policies": Goes("routing_policies", "Routing rules, by version", "分配规则各版本"),
    "queues": Goes("queues", "Queues", "排队设置"),
    "queue_events": Goes("queue_history", "What happened in queues", "排队历史"),
    "seat_events": Goes("seat_history", "When colleagues were on duty", "坐席状态历史"),
    "skills": Goes("skills", "Skills", "技能"),
    "seat_skills": Goes("member_skills", "Colleagues' skills", "成员技能"),
    "break_reasons": Goes("break_reasons", "Reasons for breaks", "小休原因"),
    "invite_rules": Goes("invite_rules", "Rules to invite visitors", "主动邀请规则"),
    "invites": Goes("invites", "Visitors invited", "主动邀请记录"),
    "staff_rooms": Goes("staff_rooms", "Colleagues' rooms", "内部聊天室", where="f.kind <> 'direct'"),
    "staff_members": Goes(
        "staff_room_members", "Who is in which room", "内部聊天室成员",
        where="f.room_id in (select id from staff_rooms where kind <> 'direct')",
    ),
    "staff_messages": Goes(
        "staff_messages", "What colleagues wrote in rooms; not what two wrote to each other",
        "内部聊天室消息（不含两人私聊）",
        where="f.room_id in (select id from staff_rooms where kind <> 'direct')",
    ),
    "shifts": Goes("shifts", "Shifts", "班次"),
    "week_patterns": Goes("week_patterns", "Week patterns", "周班模板"),
    "week_pattern_days": Goes("week_pattern_days", "Their days", "周班模板的日子"),
    "roster_entries": Goes("roster", "The roster", "排班"),
    "staffing_settings": Goes("staffing_settings", "Settings of the roster", "排班设置"),
    "webhook_endpoints": Goes(
        "webhooks", "Webhooks", "Webhook", {"secret": SECRET, "old_secret": SECRET}
    ),
    "order_sources": Goes("order_sources", "Where orders are read", "订单接口", {"secret": SECRET}),
    "translation_settings": Goes(
        "translation_settings", "Translation service", "翻译设置", {"secret": SECRET}
    ),
    "translation_usage": Goes("translation_usage", "How much was translated", "翻译用量"),
    "link_settings": Goes("link_settings", "Link previews", "链接预览设置"),
}  # fmt: skip


def _stay(why: str, *tables: str) -> dict[str, str]:
    return dict.fromkeys(tables, why)


STAYS: Mapping[str, str] = {
    **_stay(
        "of the installation, not of one workspace",
        "alembic_version", "backup_settings", "backup_runs", "outbox", "outbox_cursors", "dead_letters",
        "timers", "procrastinate_jobs", "procrastinate_events", "procrastinate_workers",
        "procrastinate_periodic_defers", "push_keys",
    ),
    **_stay(
        "how people sign in; secrets and their digests",
        "users", "sessions", "sign_in_failures", "sign_in_steps", "totp_secrets", "passkeys",
        "recovery_codes", "visitor_sessions", "push_subscriptions", "provisioning_tokens",
        "single_sign_on_people", "single_sign_on_seen", "person_keys", "puzzles_solved",
    ),
    **_stay(
        "kept in step with the company's directory, which has it",
        "provisioned_people", "provisioned_groups", "provisioned_group_members",
    ),
    **_stay("proof that holds with this installation's keys only", "audit_waiting", "audit_seals",
            "audit_anchors"),
    **_stay("what platforms sent, sealed and kept for some days; messages hold it", "channel_inbox"),
    **_stay("platforms' tokens, sealed", "channel_kept", "channel_windows"),
    **_stay(
        INDEX,
        "message_keys", "message_words", "search_words", "field_keys", "field_seals", "message_counts",
        "link_cards", "flood_counts",
    ),
    **_stay(
        "how things stand this minute",
        "channel_health", "channel_checks", "channel_alerts", "channel_sides", "seats", "waits",
        "wait_queues", "wait_needs", "holdings", "supervisions", "roster_duties", "translation_readers",
        "pushes",
    ),
    **_stay(
        "work that is over within days",
        "api_answers", "bulk_acts", "bulk_items", "contact_imports", "contact_import_rows",
        "search_exports", "audit_exports", "workspace_exports", "webhook_events", "webhook_deliveries",
        "webhook_attempts",
    ),
    **_stay("not said yet, and read by its writer alone", "drafts"),
}  # fmt: skip
