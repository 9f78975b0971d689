"""Topics and what they may be linked to, of our own writing: how many items are right, and found.

`python bench/links.py`. A topic names the goods that answer it by what their titles hold, or none.
The first half of the topics was looked at while the rule was made, the second was not.
"""

from __future__ import annotations

import json

from adunion.catalog.snapshot import CatalogSnapshot, build_snapshot
from adunion.kernel.config import Settings
from adunion.kernel.ids import encode
from adunion.understanding import LexicalIndex
from adunion.understanding.needs.library import open_library
from adunion.understanding.trends import Classifier, Linker

GOODS = (
    # The plain thing, and beside it a title that says its name and is something else.
    "沁凉走珠眼霜 熬夜眼部充电宝 淡化黑眼圈",
    "大容量充电宝 20000毫安 快充移动电源",
    "柔顺滋养发膜 染烫修护 250ml",
    "咖啡馆联名限量口红礼盒",
    "冻干黑咖啡粉 无糖美式 30条",
    "意式半自动咖啡机 家用蒸汽打奶泡",
    "医用外科口罩 独立包装 50只",
    "睡眠面膜 口罩脸急救 补水保湿 面膜",
    "电子体温计 家用 婴儿软头",
    "手机壳 防摔 适用华为苹果 磁吸透明",
    "手机挂绳 斜挎长款 可拆卸",
    "氮化镓充电器 65W 双口 适用手机笔记本",
    "键盘膜 笔记本电脑防尘 透明",
    "防晒霜 SPF50+ 清爽不油腻 50ml",
    "遮阳伞 防晒 防紫外线 三折晴雨两用",
    "冰丝防晒衣 女 户外薄款",
    "加湿器 卧室静音 大容量 3L",
    "面霜 加湿器一样的保湿力 秋冬面霜",
    "羽绒服 男 中长款 加厚连帽",
    "羽绒服干洗喷雾 清洁剂 免水洗",
    "空气炸锅 家用 5L 无油",
    "空气炸锅纸 食品级 100张 烘焙油纸",
    "帐篷 户外 全自动 防暴雨 双人",
    "儿童帐篷 室内 公主玩具屋 玩具",
    "登山杖 碳纤维 折叠 超轻",
    "跑步鞋 男 缓震 透气 网面",
    "运动手表 心率 GPS 跑步",
    "猫粮 全价 成猫 冻干双拼 2kg",
    "猫爪杯 玻璃 耐热 杯子",
    "婴儿奶粉 三段 800克",
    "奶粉盒 便携 外出 分装 密封",
    "大闸蟹 鲜活 公4两母3两 8只",
    "月饼 广式 双黄白莲蓉 礼盒",
    "月饼模具 手压式 不粘 烘焙",
    "纸尿裤 超薄透气 L码 56片",
    "扫地机器人 扫拖一体 自动集尘",
    "口红 丝绒哑光 正红色",
    "口红收纳盒 亚克力 化妆品收纳盒",
    "洗面奶 氨基酸 温和清洁 120g",
    "电吹风 负离子 大功率 护发",
    "保温杯 316不锈钢 500ml",
    "行李箱 20寸 登机 万向轮",
    "颈枕 U型 旅行 记忆棉",
    "蓝牙耳机 主动降噪 半入耳",
    "耳机包 收纳 硬壳 迷你",
    "电热毯 双人双控 除螨",
    "暖宝宝 贴 发热 30片",
    "防滑链 汽车 轮胎 雪地",
    "雪地靴 女 加绒 防滑",
    "滑雪镜 双层防雾 柱面",
)

TOPICS = (
    # (title, category, parts of the titles that answer it; none: no item may be linked)
    ("华为Mate80发布", "数码", ("手机壳", "手机挂绳", "充电器", "移动电源")),
    ("iPhone17降价", "数码", ("手机壳", "手机挂绳", "充电器", "移动电源")),
    ("甲流高发", "健康", ("医用外科口罩", "体温计")),
    ("奶茶第二杯半价", "美食", ()),
    ("冲锋衣第一次穿就漏水", "时尚", ()),
    ("年轻人为什么爱喝黑咖啡", "美食", ("黑咖啡粉", "咖啡机")),
    ("口罩怎么选", "健康", ("医用外科口罩",)),
    ("充电宝3C认证怎么看", "数码", ("移动电源",)),
    ("秋冬加湿器要不要买", "家居", ("加湿器 卧室",)),
    ("羽绒服涨价", "时尚", ("羽绒服 男",)),
    ("空气炸锅测评", "家居", ("空气炸锅 家用", "空气炸锅纸")),
    ("露营帐篷推荐", "旅游", ("帐篷 户外",)),
    ("猫粮开箱", "萌宠", ("猫粮",)),
    ("婴儿奶粉新国标", "育儿", ("婴儿奶粉", "奶粉盒")),
    ("大闸蟹开捕", "美食", ("大闸蟹",)),
    ("月饼销量下滑", "美食", ("月饼 广式",)),
    ("明星同款口红断货", "美妆", ("口红 丝绒", "口红收纳盒")),
    ("油价又要调整了", "财经", ()),
    ("高铁票秒光", "旅游", ("行李箱", "颈枕")),
    ("新能源车降价潮", "汽车", ()),
    ("奥运冠军同款跑步鞋", "体育", ("跑步鞋",)),
    ("机票第二张半价", "旅游", ("行李箱", "颈枕")),
    ("演唱会门票开售", "音乐", ()),
    ("电影票9.9元", "电影", ()),
    ("游戏本降价", "数码", ("充电器", "键盘膜")),
    # Not looked at while the rule was made.
    ("小米17开售", "数码", ("手机壳", "手机挂绳", "充电器", "移动电源")),
    ("蓝牙耳机新品首发", "数码", ("蓝牙耳机", "耳机包")),
    ("流感疫苗预约", "健康", ("医用外科口罩", "体温计")),
    ("火锅店第二份半价", "美食", ()),
    ("防晒霜到底要涂多厚", "美妆", ("防晒霜",)),
    ("扫地机器人测评", "家居", ("扫地机器人",)),
    ("纸尿裤涨价", "育儿", ("纸尿裤",)),
    ("氨基酸洗面奶推荐", "美妆", ("洗面奶",)),
    ("保温杯里能不能泡茶", "健康", ("保温杯",)),
    ("电热毯怎么选", "家居", ("电热毯",)),
    ("南方人囤暖宝宝", "生活", ("暖宝宝",)),
    ("滑雪装备怎么买", "旅游", ("滑雪镜", "雪地靴")),
    ("雪天开车要装防滑链", "汽车", ("防滑链",)),
    ("电吹风开箱", "家居", ("电吹风",)),
    ("登机箱尺寸新规", "旅游", ("行李箱",)),
    ("手游周年庆上线", "游戏", ()),
    ("外卖红包大额券", "互联网", ()),
    ("楼市新政房价降价", "财经", ()),
    ("汉堡店新品上市", "美食", ()),
    ("运动手表首发", "数码", ("运动手表",)),
    ("国产车新品发布会", "汽车", ()),
    ("酒店预售开抢", "旅游", ("行李箱", "颈枕")),
    ("手机信号为什么变差", "数码", ("手机壳", "手机挂绳", "充电器", "移动电源")),
    ("猫咪换毛怎么办", "萌宠", ("猫粮",)),
    ("登山杖怎么选", "旅游", ("登山杖",)),
)
SEEN = 25


def main() -> None:
    shop = catalog()
    linker = Linker(open_library(Settings()), Classifier.load(), shop, LexicalIndex.build(shop))
    halves = {"seen": TOPICS[:SEEN], "unseen": TOPICS[SEEN:]}
    result = {name: score(linker, shop, topics) for name, topics in halves.items()}
    print(json.dumps(result, indent=2, ensure_ascii=False))


def catalog() -> CatalogSnapshot:
    """The goods, of no category: what they are stands in their titles."""
    return build_snapshot(
        "CNY",
        [
            (f"itm_{encode(bytes([0] * 15 + [n + 1]))}", title, "", "", "", "m", "", 100, 4.0, 1)
            for n, title in enumerate(GOODS)
        ],
    )


def score(
    linker: Linker, shop: CatalogSnapshot, topics: tuple[tuple[str, str, tuple[str, ...]], ...]
) -> dict[str, object]:
    """Of the items linked how many are right; of the topics with goods how many found one."""
    linked = right = answered = wanted = wrong_topics = 0
    wrong = []
    for title, category, goods in topics:
        rows = [row for row, _ in linker.link(title, category).items]
        good = [row for row in rows if any(part in shop.titles[row] for part in goods)]
        linked, right = linked + len(rows), right + len(good)
        wanted, answered = wanted + bool(goods), answered + bool(good)
        wrong_topics += len(good) < len(rows)
        wrong += [f"{title}: {shop.titles[row]}" for row in rows if row not in good]
    return {
        "topics": len(topics),
        "items_linked": linked,
        "precision": round(right / max(linked, 1), 3),
        "topics_with_goods": wanted,
        "answered": answered,
        "topics_with_a_wrong_item": wrong_topics,
        "wrong": wrong,
    }


if __name__ == "__main__":
    main()
