from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adunion.kernel.ids import encode
from adunion.serving.answer import SLOTS_MAX, Card, Cards, Reasons, card

ROWS = 3_000
RAW = bytes(range(7, 247, 15))


def of(row: int) -> Card:
    return card(
        f"itm_{row}", f'名 "{row}" \\ \n' + "长" * (row % 50), {"amount_minor": row}, f"/{row}",
        " praised" if row % 2 else "", f"/item/{row}" if row % 3 else "",
    )  # fmt: skip


def slots(cards: Cards, rows: list[int], reasons: Reasons) -> list[dict[str, object]]:
    count = len(rows)
    item = np.array([[*rows, -1]], np.int32)
    moved = (np.arange(count + 1) % 4 == 1).reshape(1, -1)
    tokens = np.frombuffer(b"".join(b"t%03d" % slot for slot in range(count)), np.uint8)
    asked: Any = SimpleNamespace(request=np.frombuffer(RAW, "V16"), at_us=np.array([1_500_000]))
    decided: Any = SimpleNamespace(item=item, moved=moved)
    read = json.loads(cards.body(asked, decided, tokens, count, reasons))
    assert read["request"] == f"req_{encode(RAW)}"
    assert read["decided_at"] == "1970-01-01T00:00:01.500000Z"
    found: list[dict[str, object]] = read["slots"]
    return found


@pytest.mark.parametrize("count", [0, 1, 9, 11, SLOTS_MAX])
@pytest.mark.parametrize("fitting", [True, False])
def test_a_page_is_json_of_its_cards_reasons_and_tokens(count: int, fitting: bool) -> None:
    cards = Cards(ROWS, of, english=False)
    fits = np.arange(SLOTS_MAX + 1) % 3 == 0 if fitting else np.zeros(0, np.bool_)
    rows = [(7 * slot) % ROWS for slot in range(count)]
    found = slots(cards, rows, Reasons("它“合适”。", "常\n见", fits, '付 "费" '))
    assert len(found) == count
    for slot, (row, one) in enumerate(zip(rows, found, strict=True)):
        paid, praise = slot % 4 == 1, " praised" if row % 2 else ""
        said = "它“合适”。" if fitting and slot % 3 == 0 else "常\n见"
        assert one == {
            "slot": slot, "item": f"itm_{row}", "title": f'名 "{row}" \\ \n' + "长" * (row % 50),
            "price": {"amount_minor": row}, "image_url": f"/{row}", "sponsored": paid,
            "label": "广告" if paid else None, "why": ('付 "费" ' if paid else "") + said + praise,
            "token": f"t{slot:03d}", "link": f"/item/{row}" if row % 3 else "",
        }  # fmt: skip


def test_a_card_is_made_once_and_stays_as_others_come() -> None:
    made: list[int] = []
    cards = Cards(ROWS, lambda row: (made.append(row), of(row))[1], english=True)
    why = Reasons("", "because", np.zeros(0, np.bool_), "paid ")
    first = slots(cards, [5, 6], why)
    for row in range(0, ROWS, 50):
        slots(cards, list(range(row, row + 50)), why)
    assert slots(cards, [5, 6], why) == first
    assert sorted(made) == list(range(ROWS))
