import pytest

from adunion.kernel.errors import AdUnionError
from adunion.kernel.registry import Registry


def test_a_strategy_is_found_by_its_name() -> None:
    bidders: Registry[type] = Registry("bidder_for_test")

    @bidders.register("flat")
    class Flat:
        pass

    assert bidders.get("flat") is Flat
    assert bidders.names() == ["flat"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    bidders: Registry[object] = Registry("bidder_for_test")
    bidders.register("flat")(object())
    with pytest.raises(AdUnionError, match="flat"):
        bidders.get("steep")


def test_a_name_is_taken_once() -> None:
    bidders: Registry[object] = Registry("bidder_for_test")
    bidders.register("flat")(object())
    with pytest.raises(ValueError, match="twice"):
        bidders.register("flat")(object())
