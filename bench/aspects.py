"""Aspects of reviews of unusual things, of our own writing: how many are found, and found wrongly.

`python bench/aspects.py`. REVIEWS were looked at while words were added; FRESH were written after
the last word was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from adunion.understanding.reviews.aspects import Aspects, clauses
from adunion.understanding.reviews.lists import load_lists

REVIEWS: tuple[tuple[str, str], ...] = (
    # (text, the aspects that it speaks of)
    ("说好的静音，结果像拖拉机", "noise"),
    ("打印机不贵，墨水还贵", "price"),
    ("帐篷搭起来十分钟搞定，一个人就行", "setup"),
    ("支架一碰就晃", "stability"),
    ("The tent leaked on the first night", "watertight"),
    ("琴弦松，音不准", "sound"),
    ("暴雨里走了四小时里面干的", "watertight"),
    ("说明书全是英文，看不懂怎么装", "setup"),
    ("投影仪开机嗡嗡响，晚上没法看", "noise"),
    ("Assembly took three hours and two screws were missing", "setup description"),
    ("猫砂盆里铲起来方便，就是扬尘", "cleanliness"),
    ("无人机一过河就断连", "signal"),
    ("吉他声音闷，低音出不来", "sound"),
    ("The desk wobbles when I type", "stability"),
    ("花了冤枉钱", "price"),
    ("咖啡机打奶泡像电钻一样响", "noise"),
    ("鱼竿用了一次就断", "quality"),
    ("Took me five minutes to put together", "setup"),
    ("灯太刺眼，没有调光", "brightness"),
    ("睡袋零下五度还是冻醒", "warmth"),
    ("键帽打油，轴有点涩", "material"),
    ("The lamp flickers and is far too dim", "brightness"),
    ("羽绒被盖着不暖和", "warmth"),
    ("App 每次都要重新配对", "software"),
    ("刀刃两周就钝了", "sharpness"),
    ("It hums all night long", "noise"),
    ("吸力不够，猫毛吸不干净", "power"),
    ("剃须刀刮不干净，拉胡子", "sharpness"),
    ("Suction is weak on carpets", "power"),
    ("孩子玩了一会儿边角把手划破了", "safety"),
    ("钻头没劲，混凝土打不动", "power"),
    ("The handle gets wobbly after a week", "stability"),
    ("安装师傅很专业，半小时装好", "setup"),
    ("雨刮器装不上，尺寸对不上", "setup size"),
    ("车载支架过减速带就掉", "stability"),
    ("Easy to set up, works out of the box", "setup"),
    ("烤箱插头发热冒烟，吓死了", "safety heat"),
    ("The jacket kept me dry in heavy rain", "watertight"),
    ("水壶盖不严，背包里全湿了", "watertight"),
    ("Costs an arm and a leg for what it is", "price"),
    ("比实体店省了一百多块", "price"),
    ("儿童手表定位漂移，总在隔壁小区", "accuracy"),
    ("体重秤每次称都不一样", "accuracy"),
    ("The thermometer reads two degrees off", "accuracy"),
    ("电钢琴高音区有杂音", "sound"),
    ("The mixer rattles like a tractor", "noise"),
    ("马桶盖加热太慢", "heat speed"),
    ("Bass is muddy and voices sound far away", "sound"),
    ("冰箱半夜嗡嗡叫", "noise"),
    ("拼图少了三片", "description"),
    ("It keeps dropping the connection", "signal"),
    ("说是一级能效，一个月多了八十块电费", "energy"),
    ("A little pricey but it lasts", "price quality"),
    ("跑步机占地方，折不起来", "size"),
    ("The knife was blunt after a month", "sharpness"),
    ("衣柜站不稳，一拉就往前倒", "stability"),
    ("净水器滤芯太费钱", "price"),
    ("Uses a lot of electricity", "energy"),
    ("床垫第三天腰就不疼了", "comfort"),
    ("手电筒照得远，夜里钓鱼够亮", "brightness"),
)

FRESH: tuple[tuple[str, str], ...] = (
    ("扫地机半夜自己启动，把一家人都吵醒了", "noise"),
    ("烤架组装花了一下午，螺丝孔对不齐", "setup"),
    ("雨衣穿半小时里面就湿了", "watertight"),
    ("梯子站上去有点晃，不敢爬高", "stability"),
    ("显微镜调焦手感顺，成像清楚", "material screen"),
    ("台灯频闪，看久了眼睛酸", "brightness"),
    ("The kettle is so loud I hear it upstairs", "noise"),
    ("手套戴着骑车手还是冰", "warmth"),
    ("电锯马力足，锯树枝很轻松", "power"),
    ("The bike computer loses pairing all the time", "signal"),
    ("蓝牙音箱低音轰头，人声糊", "sound signal"),
    ("婴儿车折叠方便，后备箱放得下", "size"),
    ("厨师机揉面的时候整台在桌上走", "stability"),
    ("菜刀切肉很快，切番茄不压汁", "sharpness"),
    ("Printer is cheap but the ink costs a fortune", "price"),
    ("空气净化器数值一直跳，不知道准不准", "accuracy"),
    ("The shelf is sturdy and does not move an inch", "quality stability"),
    ("花洒水压变小了", "power"),
    ("冰柜一天三度电，太费电", "energy"),
    ("Instructions are useless, no pictures at all", "setup"),
    ("儿童滑梯边上有毛刺，扎手", "safety"),
    ("The boots kept my feet warm at minus ten", "warmth"),
    ("泳镜进水，换了鼻托也没用", "watertight"),
    ("The blender is powerful and easy to clean", "power cleanliness"),
    ("相框玻璃碎了，泡沫太薄", "packaging quality"),
    ("水族灯下鱼的颜色很漂亮", "colour look"),
    ("录音笔在包里也录得很清晰", "sound"),
    ("双肩包背一天肩膀不疼", "comfort"),
    ("The drone drifts even without wind", "accuracy"),
    ("充气床一夜就瘪了，漏气", "watertight"),
)


def main() -> None:
    parts = {"looked_at": REVIEWS, "fresh": FRESH}
    print(json.dumps({name: score(part) for name, part in parts.items()}, indent=2))


def score(reviews: Sequence[tuple[str, str]]) -> dict[str, float | int]:
    """Of the aspects spoken of how many are found; of those found how many are spoken of."""
    aspects = Aspects(load_lists())
    wanted = found = right = whole = 0
    for text, names in reviews:
        asked = set(names.split())
        rows = {row for clause in clauses(text) for row, _ in aspects.found(clause)}
        said = {aspects.aspects[row].name for row in rows}
        wanted, found, right = wanted + len(asked), found + len(said), right + len(asked & said)
        whole += asked <= said
    return {
        "reviews": len(reviews),
        "recall": round(right / wanted, 3),
        "precision": round(right / max(found, 1), 3),
        "reviews_with_all": whole,
    }


if __name__ == "__main__":
    main()
