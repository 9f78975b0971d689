from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adunion.kernel.clock import ManualClock
from adunion.kernel.config import Settings
from adunion.kernel.errors import AdUnionError
from adunion.understanding.embed.openai import OpenAIEmbedder

from .endpoint import Endpoint, serving, vector

Ask = Callable[..., tuple[OpenAIEmbedder, list[float]]]


@pytest.fixture
def ask(tmp_path: Path, clock: ManualClock) -> Iterator[Ask]:
    """An embedder of an endpoint, and the waits it made."""
    with ExitStack() as open_:

        def made(endpoint: Endpoint, **settings: Any) -> tuple[OpenAIEmbedder, list[float]]:
            open_.enter_context(serving(endpoint))
            waits: list[float] = []
            chosen = Settings(home=tmp_path, embed_url=endpoint.url, **settings)
            return OpenAIEmbedder(chosen, clock, waits.append), waits

        yield made


def expected(*texts: str) -> np.ndarray[Any, Any]:
    rows = np.array([vector(text) for text in texts], np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_vectors_come_in_the_order_asked_in_batches_with_the_key(ask: Ask) -> None:
    endpoint = Endpoint()
    model, waits = ask(endpoint, embed_batch=2, embed_key="k", embed_model="m")
    assert model.embed(["a", "手机壳", "ccc"]) == pytest.approx(expected("a", "手机壳", "ccc"))
    assert [body["input"] for body in endpoint.asked] == [["a", "手机壳"], ["ccc"]]
    assert endpoint.asked[0]["model"] == "m"
    assert set(endpoint.keys) == {"Bearer k"}
    assert model.dimension == 4
    assert waits == []


@pytest.mark.parametrize("trouble", ["status 500", "status 503", "html", "short", "nan", "429"])
def test_what_may_pass_is_tried_again_after_growing_waits(ask: Ask, trouble: str) -> None:
    model, waits = ask(Endpoint(trouble, trouble))
    assert model.embed(["a"]) == pytest.approx(expected("a"))
    assert len(waits) == 2
    assert 0.3 < waits[0] < 0.7 < waits[1] < 1.3


def test_the_server_says_how_long_to_wait(ask: Ask, clock: ManualClock) -> None:
    later = f"{clock.now() + timedelta(seconds=9):%a, %d %b %Y %H:%M:%S} GMT"
    endpoint = Endpoint("429 7")
    model, waits = ask(endpoint)
    endpoint.answer = lambda turn, texts: (  # type: ignore[method-assign]
        (503, {"Retry-After": later}, b"") if turn == "later" else
        Endpoint.answer(endpoint, turn, texts)
    )  # fmt: skip
    endpoint.script.append("later")
    model.embed(["a"])
    assert waits == [7.0, 9.0]


def test_an_hours_wait_is_an_error_at_once(ask: Ask) -> None:
    model, waits = ask(Endpoint("429 3600"))
    with pytest.raises(AdUnionError, match="3600 s") as caught:
        model.embed(["a"])
    assert caught.value.code == "embedder_unavailable"
    assert waits == []


def test_retries_end(ask: Ask) -> None:
    endpoint = Endpoint(*["status 500"] * 9)
    model, waits = ask(endpoint, embed_retries=2)
    with pytest.raises(AdUnionError, match="asked 3 times"):
        model.embed(["a"])
    assert len(endpoint.asked) == 3
    assert len(waits) == 2


def test_an_answer_that_drips_is_given_up(ask: Ask) -> None:
    model, _ = ask(Endpoint("drip"), embed_timeout_s=0.15, embed_retries=0)
    with pytest.raises(AdUnionError, match=r"0\.15 s"):
        model.embed(["a"])


def test_nobody_at_the_address_is_an_error(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, embed_url="http://127.0.0.1:9/v1", embed_retries=0)
    with pytest.raises(AdUnionError, match="ConnectError"):
        OpenAIEmbedder(chosen).embed(["a"])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_will_not_pass_is_not_tried_again(ask: Ask, status: int) -> None:
    endpoint = Endpoint(f"status {status}")
    model, _ = ask(endpoint)
    with pytest.raises(AdUnionError, match=str(status)) as caught:
        model.embed(["a"])
    assert caught.value.code == "embedder_refused"
    assert len(endpoint.asked) == 1


def test_an_error_is_told_short_and_without_the_key(ask: Ask) -> None:
    model, _ = ask(Endpoint("key"), embed_key="hidden-key")
    with pytest.raises(AdUnionError, match="Incorrect key") as caught:
        model.embed(["a"])
    said = str(caught.value)
    assert "hidden" not in said
    assert "other" not in said
    assert len(said) < 240


def test_a_vector_of_zeros_is_refused(ask: Ask) -> None:
    model, _ = ask(Endpoint("zeros"))
    with pytest.raises(AdUnionError, match="zeros"):
        model.embed(["a"])


def test_vectors_of_another_size_are_refused(ask: Ask) -> None:
    model, _ = ask(Endpoint("wide"), embed_dimension=4)
    with pytest.raises(AdUnionError, match="5 numbers instead of 4"):
        model.embed(["a"])


def test_a_batch_too_large_is_halved_until_it_fits(ask: Ask) -> None:
    texts = [f"text {n}" for n in range(9)]
    endpoint = Endpoint(batch_max=3)
    model, _ = ask(endpoint)
    assert model.embed(texts) == pytest.approx(expected(*texts))
    assert [len(body["input"]) for body in endpoint.asked] == [9, 5, 3, 3, 3]


def test_the_day_has_a_limit_that_outlives_the_process(ask: Ask, clock: ManualClock) -> None:
    price = {
        "embed_price_per_million": Decimal(1_000_000), "embed_cost_per_day_max": Decimal(8)
    }  # fmt: skip
    endpoint = Endpoint()
    model, _ = ask(endpoint, **price)
    model.embed(["a"])  # 3 tokens as the server counts
    again, _ = ask(Endpoint(), **price)
    again.embed(["b"])
    with pytest.raises(AdUnionError, match="cost 6 today") as caught:
        again.embed(["some more"])
    assert caught.value.code == "embedder_budget"
    assert len(endpoint.asked) == 1
    clock.advance(timedelta(days=1))
    again.embed(["some more"])


def test_failed_calls_cost_nothing_and_late_ones_may(ask: Ask) -> None:
    model, _ = ask(Endpoint("status 500", "429", "html"))
    model.embed(["abc"])
    assert (
        model._endpoint.spending.tokens_today() == 2 + 3
    )  # the broken answer as guessed, the good one


def test_no_address_is_an_error_that_names_it() -> None:
    with pytest.raises(AdUnionError, match="ADUNION_EMBED_URL"):
        OpenAIEmbedder(Settings())
