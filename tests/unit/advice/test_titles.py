"""What is said of titles: of missing parts only where the tagger can tell."""

from __future__ import annotations

import pytest

from adunion.advice import TITLE_ADVICE, advise_title
from adunion.understanding.tagging import shipped


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("海尔kfr-35gw大1.5匹变频空调挂机", []),
        ("大1.5匹变频空调挂机", ["no_brand"]),
        ("", ["empty"]),
        ("😀😀", ["empty"]),
        ("Stainless steel water bottle", ["not_chinese"]),
        ("海尔空调", ["no_attribute", "too_short"]),
        ("海尔静音空调 白色 卧室用", []),
        ("海尔大1.5匹变频空调挂机空调" + "长" * 50, ["repeated", "too_long"]),
        ("海尔大1.5匹变频空调挂机★★★", ["shouting"]),
    ],
)  # fmt: skip
def test_each_fault_has_its_word(title: str, codes: list[str]) -> None:
    assert advise_title(shipped().tag(title)) == codes


def test_every_code_says_what_to_do() -> None:
    assert all(text.endswith(".") for text in TITLE_ADVICE.values())
