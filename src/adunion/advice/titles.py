"""What to mend in an item's title, told from its parts."""

from __future__ import annotations

import re

from adunion.understanding.tagging import Tag, TaggedTitle

LETTERS_MAX = 60
LETTERS_MIN = 6
CHINESE_SHARE = 0.2
"""The tagger learnt Chinese titles: where less is Chinese, nothing is said of missing parts."""
TITLE_ADVICE = {
    "no_product": "No word says what it is: name the product, as people search for it.",
    "no_brand": "No brand was recognised: name it, if the item has one.",
    "no_attribute": "Nothing tells it apart: add a size, a material, a colour or a use.",
    "repeated": "A part stands there twice: each word counts once.",
    "too_long": "Longer than 60 characters: lists cut it off.",
    "too_short": "Shorter than 6 characters: add what people search for.",
    "shouting": "Signs that only shout (!!!, ★, emoji) say nothing.",
    "not_chinese": "Parts are recognised in Chinese titles; of this one only its form is judged.",
    "empty": "There are no words in it.",
}
"""Codes, and what each says in English."""
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LETTER = re.compile(r"\w")
_SHOUT = re.compile("[!！]{2,}|[★☆♥❤✨\u2600-\u27bf\U0001f300-\U0001faff]")
_BARE = 2
"""Words beside the parts; with as many, what tells the item apart may be among them."""


def advise_title(read: TaggedTitle) -> list[str]:
    """Codes of `TITLE_ADVICE`, the gravest first; none where the title is well."""
    title = read.title.strip()
    letters = len(_LETTER.findall(title))
    if not letters:
        return ["empty"]
    said = []
    if len(_CHINESE.findall(title)) < CHINESE_SHARE * letters:
        said.append("not_chinese")
    else:
        said += ["no_product"] * (not read.texts(Tag.PRODUCT))
        said += ["no_brand"] * (not read.texts(Tag.BRAND))
        bare = len(read.words) - len(read.spans) < _BARE
        said += ["no_attribute"] * (bare and not read.texts(Tag.ATTRIBUTE))
    parts = [span.text.lower() for span in read.spans]
    if len(set(parts)) < len(parts):
        said.append("repeated")
    if len(title) > LETTERS_MAX:
        said.append("too_long")
    if len(title) < LETTERS_MIN:
        said.append("too_short")
    if _SHOUT.search(title):
        said.append("shouting")
    return said
