from pathlib import Path
from typing import get_args

import pytest

from adunion.kernel.errors import AdUnionError
from adunion.simulation.scenario import Currency, load, parse, schema
from adunion.simulation.world import goods


def test_an_empty_scenario_is_a_small_market() -> None:
    scenario = parse({})
    assert scenario.days == 2
    assert scenario.control


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"dayz": 3}, "dayz"),
        ({"plans": [{"target_roi": 0}]}, "plans.0.target_roi"),
        ({"plans": [{"target_roi": "nan"}]}, "plans.0.target_roi"),
        ({"plans": [{"target_roi": float("nan")}]}, "target_roi: nan is not a finite number"),
        ({"plans": [{"target_roi": True}]}, "plans.0.target_roi: Input should be a valid number"),
        ({"plans": [{"target_roi": "4"}]}, "plans.0.target_roi: Input should be a valid number"),
        ({"plans": [{"name": "a"}, {"name": "a"}]}, "two plans are called 'a'"),
        (
            {
                "plans": [{"name": "a"}],
                "shocks": [{"kind": "rival", "at_hour": 1, "rival": {"name": "a"}}],
            },
            "two plans are called 'a'",
        ),
        ({"world": {"merchants": 400, "items": 200}}, "world: 400 merchants cannot share 200"),
        (
            {
                "plans": [
                    {"boosts": [{"at_hour": 1, "until_hour": 2, "budget": 5, "regions": ["火星"]}]}
                ]
            },
            "regions.0: Input should be 'north', 'east', 'south', 'west' or 'centre'",
        ),
        ({"plans": [{"start_hour": 5, "end_hour": 4}]}, "not after start_hour"),
        ({"shocks": [{"kind": "rival", "at_hour": 1}]}, "belong together"),
        ({"shocks": [{"kind": "traffic", "at_hour": 2, "until_hour": 1}]}, "not after at_hour"),
        ({"mix": dict.fromkeys(["search", "feed", "cart", "page", "live"], 0)}, "above 0"),
        ({"world": {"orders": "x.parquet"}}, "mapping"),
        ({"tick_minutes": 7}, "divide a day"),
        ({"start": "2026-11-02T00:00:00"}, "needs a time zone"),
        ({"world": {"currency": "XXY"}}, "should be 'CNY', 'USD'"),
        ({"plans": [{"dayparts": []}]}, "plans.0.dayparts"),
        ({"shocks": [{"kind": "traffic", "at_hour": 1}]}, "needs a factor"),
        ({"shocks": [{"kind": "prices", "at_hour": 1, "factor": 0}]}, "above 0"),
        (
            {"shocks": [{"kind": "rival", "at_hour": 9, "rival": {"end_hour": 9}}]},
            "not after at_hour",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key(raw: dict[str, object], says: str) -> None:
    with pytest.raises(AdUnionError, match=says):
        parse(raw)


def test_a_file_that_is_not_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("days = = 3")
    with pytest.raises(AdUnionError, match=r"s\.toml: not valid TOML"):
        load(path)
    path.write_text("")
    with pytest.raises(AdUnionError, match="says nothing"):
        load(path)
    with pytest.raises(AdUnionError, match="No such file"):
        load(tmp_path / "absent.toml")


def test_the_schema_names_every_table() -> None:
    assert {"world", "mix", "rhythm", "plans", "rivals", "publishers", "shocks"} <= set(
        schema()["properties"]
    )


def test_the_schema_names_the_currencies_that_a_world_can_have() -> None:
    assert set(get_args(Currency)) == set(goods._RATES)
    assert schema()["$defs"]["WorldPart"]["properties"]["currency"]["enum"] == [*get_args(Currency)]
