"""Words of items and queries in one form: width, case, script, decimals, units, identifiers."""

from __future__ import annotations

import re
import unicodedata

from ..tokens import pieces, tokens

FIELD_CHARS_MAX = (1_000, 400, 1_500, 2_000)
"""Of title, label, description, attributes: what an item is about stands at the front."""
QUERY_CHARS_MAX = 300
CONCEPTS_MAX = 16

_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CODE = re.compile(r"[^\W_]+(?:[-./ ]?[^\W_]+)*")
_TRADITIONAL = (
    "機殼電腦話筆記視頻燈線鍵盤標麥風響揚聲環錶鐘襪褲裝帶鏈項飾嬰兒寵貓糧飯鍋爐壺臺檯櫃牀單墊"
    "簾門鎖傘帳車輪騎運動類護膚潔膠藥養營參葉醬鹽麵條魚雞鴨龍蝦馬雙個長寬輕軟熱涼紅綠藍黃銀"
    "鋼鐵銅鋁紙書畫學習積遊戲號碼價優禮節聖誕適專業無寶轉換頭連數據儲憶體顯蘋華為聯戶釣淨濾氣"
    "濕濟樂園國產進歐韓灣廣場東變壓縮開關燒貼攝錄補髮絲綢襯圍髒掃劑裡"
)
_SIMPLIFIED = (
    "机壳电脑话笔记视频灯线键盘标麦风响扬声环表钟袜裤装带链项饰婴儿宠猫粮饭锅炉壶台台柜床单垫"
    "帘门锁伞帐车轮骑运动类护肤洁胶药养营参叶酱盐面条鱼鸡鸭龙虾马双个长宽轻软热凉红绿蓝黄银"
    "钢铁铜铝纸书画学习积游戏号码价优礼节圣诞适专业无宝转换头连数据储忆体显苹华为联户钓净滤气"
    "湿济乐园国产进欧韩湾广场东变压缩开关烧贴摄录补发丝绸衬围脏扫剂里"
)
_SIMPLE = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def plain(text: str, chars_max: int) -> str:
    """One width, lower case, simplified characters, a full stop as the decimal sign."""
    text = unicodedata.normalize("NFKC", text[:chars_max]).lower().translate(_SIMPLE)
    return _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", text))


def field_tokens(text: str, chars_max: int) -> list[str]:
    """Tokens of an item's field; each unspaced character alone too."""
    return tokens(plain(text, chars_max), singles=True)


def query_pieces(text: str) -> list[list[str]]:
    """The tokens of each written word of a query (a model number has its parts after the whole)."""
    return [found for found in pieces(plain(text, QUERY_CHARS_MAX)) if found]


def codes(text: str) -> list[str]:
    """What may be an identifier: runs of letters and digits, joined over `-`, `.`, `/` and blanks.

    `MX-3050N`, `mx 3050n` and `MX3050N` are one code; one without a digit is none.
    """
    found = []
    for piece in _CODE.findall(plain(text, QUERY_CHARS_MAX)):
        parts = re.findall(r"[^\W_]+", piece)
        for first in range(len(parts)):
            for last in range(first, min(first + 4, len(parts))):
                found.append("".join(parts[first : last + 1]))
    return [code for code in dict.fromkeys(found) if is_code(code)]


def code(text: str) -> str:
    """A whole identifier in the form of `codes`; empty where it is none."""
    joined = "".join(re.findall(r"[^\W_]+", plain(text, 60)))
    return joined if is_code(joined) else ""


def is_code(text: str) -> bool:
    """Whether it could name one product: 5 to 20 letters and digits, at least two digits."""
    return 5 <= len(text) <= 20 and sum(map(str.isdigit, text)) >= 2 and text.isascii()
