// Every text of the page in both languages; a platform's own words come with it.

const ZH = {
  title: "模拟平台", lead: "没有真实账号也能试渠道：左边选平台，中间是客户的手机，右边连接、制造麻烦、看日志",
  connected: "已连接", unanswered: "未应答", idle: "未连接", other: "English", scheme: "深色 / 浅色",
  customer: "客户", newcomer: "新客户", name: "姓名", ok: "好", cancel: "取消", send: "发送", say: "说点什么",
  empty: "还没有消息。以客户的身份说句话，它会出现在客栈的工作台。", sample: "示例图片", sampleVoice: "示例语音", file: "选择文件",
  latitude: "纬度", longitude: "经度", place: "地点", linkTitle: "标题", linkUrl: "网址", quote: "引用", more: "更多",
  recalled: "这条消息已撤回", edited: "已编辑", typing: "对方正在输入…", chooseFile: "请先选一个文件",
  "on its way": "发送中", delivered: "已送达", lost: "未送达", refused: "被拒", shown: "", read: "已读", failed: "失败",
  connect: "连接", trouble: "麻烦", log: "日志", phone: "手机", platforms: "平台", settings: "设置",
  api: "接口地址（填进客栈）", hook: "回调地址（从客栈复制）", copy: "复制", copied: "已复制", connectNow: "保存并连接",
  good: "回调地址应答正确。", bad: "回调地址没有正确应答。", noLog: "还没有往来。", out: "平台 → 客栈", in: "客栈 → 平台",
  sent: "发出", answer: "应答", attempt: "第 {n} 次", none: "无应答", expire: "令牌全部失效", expired: "此前的令牌都已失效", reset: "全部恢复",
  minute: "快进 1 分钟", window: "快进 49 小时", today: "回到现在",
  s_delay: ["接口延迟", "每次应答前等几秒"], s_faults: ["接口故障比例", "0 到 1；一半在做完之后才出错"],
  s_error: ["固定错误码", "发送一律返回平台的这个错误码"], s_rate_limit: ["每秒调用上限", "超出就按平台的限频错误拒绝"],
  s_clock_ahead: ["时间快进（秒）", "会话窗口、令牌、一次性代码按这个时间过期"], s_duplicate: ["回调重复", "每 n 条推送两遍"],
  s_drop: ["回调丢失", "每 n 条丢一条，不再重发"], s_reorder: ["回调乱序", "压住一条，等后一条先到"],
  s_pace: ["节奏倍数", "平台自己的等待时间快几倍"],
  k_text: "文字", k_image: "图片", k_photo: "图片", k_voice: "语音", k_audio: "音频", k_video: "视频", k_shortvideo: "小视频", k_file: "文件",
  k_document: "文件", k_location: "位置", k_link: "链接", k_miniprogrampage: "小程序卡片", k_miniprogram: "小程序卡片",
  k_business_card: "名片", k_sticker: "表情", k_contact: "联系人", k_menu: "菜单", k_card: "卡片", k_template: "模板消息", k_notice: "提示",
  k_animation: "动图", k_video_note: "圆形视频", k_venue: "地点", k_order: "订单", k_unsupported: "不支持的消息", k_post: "富文本", k_rich: "图文", k_mixed: "图文",
  k_vote: "投票", k_unknown: "未知消息", k_fallback: "链接", k_share: "分享", k_story_mention: "快拍提及", k_reel: "短片", k_local_image: "本地图片",
  k_local_video: "本地视频", k_mail: "新邮件", subject: "主题", subjectSample: "想订一些茶", k_other: "其他消息", k_mention: "@提及",
};

const EN = {
  title: "Fake platforms", lead: "Try channels without an account: pick a platform, be its customer on the phone, connect it, make trouble, read the log",
  connected: "connected", unanswered: "no answer", idle: "not connected", other: "中文", scheme: "Dark / light",
  customer: "Customer", newcomer: "New customer", name: "Name", ok: "OK", cancel: "Cancel", send: "Send", say: "Say something",
  empty: "No messages yet. Say something as the customer: it appears in Kezhan's workbench.", sample: "Sample picture", sampleVoice: "Sample voice", file: "Choose a file",
  latitude: "Latitude", longitude: "Longitude", place: "Place", linkTitle: "Title", linkUrl: "Address", quote: "Quote", more: "More",
  recalled: "This message was recalled", edited: "edited", typing: "typing…", chooseFile: "Choose a file first",
  "on its way": "sending", delivered: "delivered", lost: "not delivered", refused: "refused", shown: "", read: "read", failed: "failed",
  connect: "Connect", trouble: "Trouble", log: "Log", phone: "Phone", platforms: "Platforms", settings: "Settings",
  api: "API address (for Kezhan)", hook: "Hook address (from Kezhan)", copy: "Copy", copied: "Copied", connectNow: "Save and connect",
  good: "The hook address answered as it should.", bad: "The hook address did not answer as it should.", noLog: "Nothing has been said yet.", out: "platform → Kezhan", in: "Kezhan → platform",
  sent: "Sent", answer: "Answer", attempt: "attempt {n}", none: "no answer", expire: "Void all tokens", expired: "Every token so far is void", reset: "All well again",
  minute: "1 minute on", window: "49 hours on", today: "Back to now",
  s_delay: ["Delay of answers", "Seconds before every answer to a call"], s_faults: ["Share of faults", "0 to 1; half of them fail after the deed"],
  s_error: ["Error code", "Sending is always refused with this code of the platform"], s_rate_limit: ["Calls per second", "More are refused as the platform does"],
  s_clock_ahead: ["Clock ahead (seconds)", "Windows, tokens and single-use codes grow old by it"], s_duplicate: ["Callbacks twice", "Every n-th is delivered twice"],
  s_drop: ["Callbacks lost", "Every n-th is lost for good"], s_reorder: ["Callbacks out of order", "One is held back behind the next"],
  s_pace: ["Pace", "How many times quicker the platform's own waits are"],
  k_text: "Text", k_image: "Picture", k_photo: "Picture", k_voice: "Voice", k_audio: "Audio", k_video: "Video", k_shortvideo: "Clip", k_file: "File",
  k_document: "File", k_location: "Location", k_link: "Link", k_miniprogrampage: "Mini-program card", k_miniprogram: "Mini-program card",
  k_business_card: "Business card", k_sticker: "Sticker", k_contact: "Contact", k_menu: "Menu", k_card: "Card", k_template: "Template", k_notice: "Notice",
  k_animation: "Animation", k_video_note: "Round video", k_venue: "Venue", k_order: "Order", k_unsupported: "Unsupported", k_post: "Rich text", k_rich: "Rich text", k_mixed: "Text and pictures",
  k_vote: "Vote", k_unknown: "Unknown", k_fallback: "Link", k_share: "Share", k_story_mention: "Story mention", k_reel: "Reel", k_local_image: "Own picture",
  k_local_video: "Own video", k_mail: "New mail", subject: "Subject", subjectSample: "Some tea, please", k_other: "Other", k_mention: "@ mention",
};

const stored = localStorage.getItem("fakes.lang");
let language = stored || (navigator.language.startsWith("zh") ? "zh" : "en");

export const isZh = () => language === "zh";
export const t = (key) => (isZh() ? ZH : EN)[key] ?? key.replace(/^k_/, "");
export const own = ([zh, en]) => (isZh() ? zh : en);

export function setLanguage(next) {
  language = next;
  localStorage.setItem("fakes.lang", next);
  document.documentElement.lang = isZh() ? "zh-CN" : "en";
  document.title = t("title");
}
