"""What a text wants before what it needs: intents by their words, and noise told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .knowledge import rows_of
from .types import Said

_COLUMNS = ("intent", "tells of a need", "in Chinese", "in English")
_COMPLAINT = re.compile(
    r"太[^好棒赞喜]|不[好行能合舒满推值]|没[有用法]|坏|差|臭|断|破|漏|掉|疼|痛|痒|红|难|假|慢|小了|大了|起球|褪|"
    r"发[霉黄热烫]|刺|扎|闷|粘|卡|吵|后悔|失望|退|老是|总是|更|\b(?:too|not|never|no|broke\w*|"
    r"bad|leak\w*|die[sd]?|dead|hurt\w*|small|tight|loose|slow|smell\w*|stink\w*|poor|crack\w*|"
    r"stop\w*|wrong|disappoint\w*|scratchy|sweat|rust\w*|tidak|kurang|rusak|jelek|không|hỏng|kém)\b|"
    r"\w+n['’]t\b|ไม่|เสีย|แตก",
    re.IGNORECASE,
)

_WEARS_OUT = re.compile(
    r"坏|断|破|裂|碎|塌|漏|掉[色毛漆皮]|起球|失灵|报废|不[能好]用|没法用|不转|不亮|充不进|"
    r"\b(?:broke\w*|die[sd]?|dead|crack\w*|leak\w*|torn?|ripped|stopped|rusak|patah|hỏng|vỡ|rách)\b|"
    r"เสีย|แตก|พัง|ขาด",
    re.IGNORECASE,
)

_TAIL = re.compile(r"[\s!！.。,，?？~～…\U0001f300-\U0001faff]+$")


@dataclass(frozen=True)
class Intent:
    """What a kind of line is about, and whether a need can be read from it."""

    name: str
    needs: bool
    words: re.Pattern[str]


@cache
def intents() -> tuple[Intent, ...]:
    """The intents that ship, in order."""
    text = (files(__package__) / "knowledge" / "intents.txt").read_text("utf-8")
    return tuple(_intent(row.columns) for row in rows_of("intents.txt", text, _COLUMNS))


def _intent(columns: Sequence[str]) -> Intent:
    words = [word.strip() for cell in columns[2:] for word in cell.split(";") if word.strip()]
    return Intent(columns[0], columns[1] == "yes", re.compile("|".join(words), re.IGNORECASE))


def noise(text: str) -> str:
    """Why a text says nothing, for people; "" where it may say something."""
    plain = unicodedata.normalize("NFKC", text).strip()
    letters = [c for c in plain if c.isalpha()]
    if not plain:
        return "empty"
    if not letters:
        return "no words, only signs, digits or emoji"
    strange = sum(c == "\ufffd" or (c < " " and c not in "\n\r\t") for c in text)
    if "\x00" in text or strange > len(text) * 0.05:
        return "no text: binary"
    if len(set(plain.lower())) <= 2 and len(plain) > 3:
        return "one sign over and over"
    if len(letters) < 2 and len(plain) > 2:
        return "no words"
    return ""


def wears_out(text: str) -> bool:
    """Whether what a review is about no longer serves, so that its writer may buy another."""
    return bool(_WEARS_OUT.search(text))


def read_intent(text: str, kind: Said) -> tuple[str, bool]:
    """What a text is about, and whether a need is to be looked for."""
    advert, greeting = intents()[:2]
    if advert.words.search(text):
        return advert.name, False
    if greeting.words.fullmatch(_TAIL.sub("", text.strip())):
        return greeting.name, False
    if kind == "query":
        return "need", True
    complains = bool(_COMPLAINT.search(text))
    if kind == "review":
        if complains:
            return "complaint", True
        praised = next((each for each in intents() if each.name == "praise"), None)
        return ("praise", False) if praised and praised.words.search(text) else ("remark", True)
    told = [each for each in intents()[2:] if each.words.search(text)]
    asks = next((each for each in told if each.needs), None)
    if asks is not None:
        return asks.name, True
    if told and not (complains and told[0].name in ("praise", "cheer")):
        return told[0].name, False
    return ("question" if kind == "question" else "remark"), True
