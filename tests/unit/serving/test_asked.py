from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adunion.kernel.errors import AdUnionError
from adunion.serving.asked import Asked, Context, DecideBody, parse, plain

texts = st.sampled_from(["", "a", "手机壳", "x" * 64, "x" * 65, "y" * 1_001, "z" * 20_001])
values = st.one_of(
    texts, st.none(), st.booleans(), st.integers(-1, 101), st.floats(0, 9),
    st.lists(texts, max_size=3), st.just(["i"] * 201), st.just({}), st.just({"query": "a"}),
)  # fmt: skip
contexts = st.dictionaries(st.sampled_from([*Context.model_fields, "slots", "other"]), values)
bodies = st.dictionaries(
    st.sampled_from([*DecideBody.model_fields, "query", "other"]), st.one_of(values, contexts)
)


@settings(deadline=None)  # of time: the first body makes the schema
@given(bodies, st.booleans(), contexts)
def test_what_is_plainly_right_is_what_the_schema_says(
    body: dict[str, Any], likely: bool, context: dict[str, Any]
) -> None:
    if likely:
        body |= {"placement": "search", "context": context}
    found = plain(body)
    if found is not None:
        read = dict(DecideBody.model_validate(body))
        held = dict(read.pop("context"))
        assert found._replace(cart=[*found.cart]) == Asked(**read, **held)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({"placement": "search"}, Asked("search")),
        (
            {"placement": "s", "context": {"query": "手机壳"}, "slots": 8, "consent": True},
            Asked("s", slots=8, consent=True, query="手机壳"),
        ),
        (
            {"placement": "cart", "context": {"cart": ["a", "b"], "item": "c", "region": "CN"}},
            Asked("cart", cart=["a", "b"], item="c", region="CN"),
        ),
        (
            {"placement": "feed", "pseudonym": "p", "locale": "en", "link": "l", "explain": True},
            Asked("feed", "p", "en", link="l", explain=True),
        ),
    ],
)
def test_usual_bodies_need_no_model(body: dict[str, Any], asked: Asked) -> None:
    assert plain(body) == asked


def test_null_where_it_may_be_is_absent_and_elsewhere_refused() -> None:
    asked = parse({"placement": "search", "slots": None, "pseudonym": None, "link": None})
    assert asked == Asked("search", cart=asked.cart)
    with pytest.raises(AdUnionError) as told:
        parse({"placement": "search", "context": {"query": None}})
    assert told.value.field == "context.query"
