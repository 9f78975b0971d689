"""Orders and reviews as sources."""

import numpy as np

from adunion.understanding.needs import Knowledge, OrderLinks
from adunion.understanding.needs.opinions import Opinions
from adunion.understanding.needs.words import NameFinder

KNOWN = Knowledge.load()
FINDER = NameFinder(KNOWN.names)


def test_orders_tie_what_is_bought_together_and_after():
    order, shopper, day, title = [], [], [], []
    for n in range(40):
        rows = [(f"a{n}", "Camping tent 4p", n), (f"a{n}", "Warm sleeping bag", n)]
        rows += [(f"b{n}", "mosquito repellent 50ml", n + 20)] if n < 20 else []
        rows += [(f"c{n}", f"{('laptop', 'lipstick', 'guitar')[n % 3]} x", n)]
        for label, name, at in rows:
            order.append(label)
            shopper.append(f"s{n}" if label[0] != "c" else f"t{n}")
            day.append(at)
            title.append(name)
    links = OrderLinks.learn(FINDER, order, shopper, np.array(day), title)
    tent = KNOWN.names["tent"]
    found = {KNOWN.products[link.product].en: link for link in links.of(tent)}
    assert found["sleeping bag"].together
    assert found["sleeping bag"].orders == 40
    assert not found["mosquito repellent"].together
    assert "laptop" not in found
    assert all(0 < link.strength <= 1 for link in found.values())


def test_reviews_name_what_goes_with_a_problem():
    said = ["晚上孩子发烧 还好家里有退热贴"] * 1 + [
        f"孩子发烧第{n}天 贴了退热贴 又量了体温计" for n in range(8)
    ]
    said += [f"手机壳第{n}个 颜色不错" for n in range(40)]
    found = Opinions(said, FINDER).about("孩子发烧")
    assert KNOWN.products[found[0].product].en in ("fever patch", "thermometer")
    assert found[0].of >= found[0].reviews >= 2
    assert "发烧" in found[0].quote
