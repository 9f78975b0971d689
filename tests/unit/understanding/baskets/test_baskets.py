"""Basket models: parts by hand-worked values, carts without substitutes, and the trial."""

import numpy as np
import pytest

from adunion.kernel.clock import generator
from adunion.understanding.baskets import BasketModel, Kinds, Purchases, complete, trial
from adunion.understanding.baskets.parts import cosine, ease, matrix


def made(seed=3, baskets=400):
    """Customers who repeat; tea goes with a cup, tent with a bag; two sorts of each."""
    rng = generator(seed)
    pairs = [("tea A", "cup A"), ("tent A", "bag A"), ("tea B", "cup A"), ("pen", "ink")]
    order, who, day, item = [], [], [], []
    for n in range(baskets):
        customer = int(rng.integers(40))
        chosen = pairs[customer % 4] if rng.random() < 0.7 else pairs[int(rng.integers(4))]
        extra = [f"noise {int(rng.integers(30))}"] if rng.random() < 0.5 else []
        for name in (*chosen, *extra):
            order.append(f"o{n}")
            who.append(f"c{customer}")
            day.append(float(n) / 4)
            item.append(name)
    return Purchases.of(order, who, np.array(day), item)


def test_purchases_are_sorted_and_an_item_counts_once_a_basket():
    bought = Purchases.of(
        ["b", "a", "a", "b", "x"], ["u", "", "", "u", "u"], np.array([2.0, 1, 1, 2, 3]),
        ["p", "q", "q", "r", ""],
    )  # fmt: skip
    assert bought.items == ("p", "q", "r")
    assert bought.item.tolist() == [1, 0, 2]
    assert bought.basket.tolist() == [0, 1, 1]
    assert bought.customer[0] == -1


def test_cosine_and_ease_match_their_definitions():
    groups = matrix(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2]), (3, 3))
    near = cosine(groups).toarray()
    assert near[0, 1] == pytest.approx(1.0)
    assert near[0, 2] == 0
    assert np.diag(near).tolist() == [0, 0, 0]
    shrunk = cosine(groups, shrink=2.0).toarray()
    assert shrunk[0, 1] == pytest.approx(0.5)
    rows, weights = ease(groups, 1.0, 10)
    gram = np.array([[2.0, 2, 0], [2, 2, 0], [0, 0, 1]])
    inverse = np.linalg.inv(gram + np.eye(3))
    wanted = inverse / -np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    assert rows.tolist() == [0, 1, 2]
    assert weights == pytest.approx(wanted, abs=1e-5)


def test_a_cart_gets_complements_with_the_baskets_that_say_so():
    bought = made()
    model = BasketModel(bought)
    found, unknown = complete(model, ["tent A", "gone"], most=3)
    assert unknown == ["gone"]
    assert found[0].item == "bag A"
    assert found[0].because == "tent A"
    assert 0 < found[0].together <= found[0].of


def test_a_cart_gets_no_substitute_when_complements_are_asked():
    bought = made()
    kinds = Kinds(bought.items)
    found, _ = complete(BasketModel(bought), ["tea A"], kinds, most=40)
    items = [each.item for each in found]
    assert "tea B" not in items
    assert "cup A" in items
    assert "tea A" not in items


def test_kinds_by_category_product_and_words():
    titles = ["red lunch bag owl", "lunch bag sushi", "lunch bag cars", "tea cup"]
    assert Kinds(titles).alike(0, [1])
    assert not Kinds(titles).alike(0, [3])
    assert Kinds(["x one", "y two"], ["A", "A"]).alike(0, [1])
    assert Kinds(["x one", "y two"], None, [5, 5]).alike(0, [1])


@pytest.mark.parametrize("use", ["next", "cart"])
def test_the_trial_beats_popularity_where_there_is_something_to_learn(use):
    found = trial(made(), use, 50.0, 75.0)
    rate = found["hit rate@10"]
    assert rate["ours"] >= rate["popularity"]
    low = found["ours minus"]["popularity"]
    assert low["low"] <= low["mean"] <= low["high"]
    assert found["questions"] > 10
    assert found == trial(made(), use, 50.0, 75.0)
