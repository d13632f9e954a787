"""What the tea shop's agents say often."""

from kezhan.kit.db import Database
from kezhan.quick.schemas import Words
from kezhan.quick.service import begin
from kezhan.workspaces.first_run import demo_workspace

_REPLIES = (
    (
        "问候",
        "开场问候",
        "nh",
        "{{greeting}}，{{customer.name|欢迎光临}}！我是{{workspace.name}}的{{agent.name}}，请问想了解哪款茶？",
    ),
    ("问候", "请稍等", "sd", "好的，我这就帮您查，请稍等一两分钟。"),
    ("问候", "结束语", "jsy", "感谢您的光临。后面有任何问题，随时在这里找我们，祝您{{weekday}}愉快。"),
    (
        "售前/选茶",
        "新手推荐",
        "xs",
        "刚开始喝茶，推荐从桂花乌龙或白牡丹入手：香气明显，不苦不涩，冲泡也简单。",
    ),
    (
        "售前/选茶",
        "送礼推荐",
        "sl",
        "送长辈建议选陈年普洱礼盒，送朋友可以看看明前龙井。礼盒都附手提袋与贺卡，贺卡内容可以告诉我。",
    ),
    (
        "售前/选茶",
        "冲泡方法",
        "cp",
        "绿茶用 80 度左右的水，乌龙和红茶用 95 度，普洱用沸水。3 克茶配 150 毫升水，第一泡 20 秒出汤。",
    ),
    (
        "售前/优惠",
        "优惠券领取",
        "yhq",
        "优惠券在首页“领券”处领取，满 199 元减 30 元，下单时自动抵扣，每个账号限领一张。",
    ),
    ("售前/优惠", "包邮说明", "by", "满 99 元包邮；新疆、西藏满 199 元包邮。不满的订单运费 8 元。"),
    (
        "售后/物流",
        "发货时间",
        "fh",
        "每天 16 点前付款的订单当天发货，之后的次日发货，默认发顺丰，一般两到三天送到。",
    ),
    ("售后/物流", "催促快递", "ckd", "非常抱歉让您久等了。我已联系快递加急派送，今天内给您回复进展。"),
    (
        "售后/退换",
        "退货流程",
        "th",
        "收到七天内，未拆封的茶可以无理由退货：在“我的订单”里申请退货，寄回后三个工作日内原路退款。",
    ),
    (
        "售后/退换",
        "破损补发",
        "ps",
        "非常抱歉，茶在路上受了委屈。请拍一张包装和破损处的照片发来，核实后今天就给您补发，不用寄回。",
    ),
    (
        "售后/发票",
        "开具发票",
        "kfp",
        "可以开电子发票。请提供发票抬头、税号和接收邮箱，一个工作日内发到您的邮箱。",
    ),
    (
        "售前/选茶",
        "保存与保质期",
        "bz",
        "请密封、避光、干燥存放。绿茶放冰箱冷藏，十八个月内喝完；普洱和白茶可以长期存放，越陈越香。",
    ),
)


async def ensure_demo_replies(db: Database) -> None:
    """In the demo's workspace, where it never had any."""
    workspace_id = await demo_workspace(db)
    if workspace_id is None:
        return
    replies = [
        Words(category=category, title=title, code=code, body=body)
        for category, title, code, body in _REPLIES
    ]
    async with db.tx(workspace_id) as tx:
        await begin(tx, replies)
