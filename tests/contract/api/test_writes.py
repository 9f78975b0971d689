"""Every write happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

pytestmark = pytest.mark.integration
NEW = {"external_id": "x", "name": "X"}


def test_a_write_without_a_key_is_refused(api: Any) -> None:
    answer = api.post("operator", "/v1/publishers", NEW, key="")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "idempotency_key_required"
    assert answer.json()["field"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["x" * 256, "tab\there"])
def test_an_unreadable_key_is_refused(api: Any, key: str) -> None:
    answer = api.post("operator", "/v1/publishers", NEW, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_the_same_write_again_gives_the_first_answer_and_does_nothing(api: Any) -> None:
    first = api.post("operator", "/v1/publishers", NEW, key="k1")
    again = api.post("operator", "/v1/publishers", NEW, key="k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    names = [p["name"] for p in api.get("operator", "/v1/publishers").json()["data"]]
    assert names.count("X") == 1


def test_a_refusal_is_replayed_like_any_answer(api: Any) -> None:
    first = api.post("operator", "/v1/publishers", {"external_id": "x"}, key="k1")
    again = api.post("operator", "/v1/publishers", {"external_id": "x"}, key="k1")
    assert first.status_code == again.status_code == 422
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json() == first.json()


def test_another_request_under_the_same_key_is_refused(api: Any) -> None:
    api.post("operator", "/v1/publishers", NEW, key="k1")
    for path, body in (("/v1/publishers", {**NEW, "name": "Y"}), ("/v1/merchants", NEW)):
        answer = api.post("operator", path, body, key="k1")
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_two_callers_may_use_the_same_key(api: Any) -> None:
    body = {"name": "another"}
    made = [api.post(role, "/v1/keys", body, key="k1") for role in ("merchant", "publisher")]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


def test_a_key_is_forgotten_after_a_day(api: Any) -> None:
    api.post("operator", "/v1/merchants", NEW, key="k1")
    api.clock.advance(timedelta(hours=24, seconds=1))
    later = api.post("operator", "/v1/merchants", {**NEW, "name": "Y"}, key="k1")
    assert later.status_code == 200
    assert "idempotent-replayed" not in later.headers


def test_a_second_request_while_the_first_runs_is_told_so(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on = Event(), Event()
    upsert = api.services.catalog.upsert_merchant

    def slow(*names: Any) -> Any:
        started.set()
        assert go_on.wait(20)
        return upsert(*names)

    monkeypatch.setattr(api.services.catalog, "upsert_merchant", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.post, "operator", "/v1/merchants", NEW, key="k1")
        assert started.wait(20)
        second = api.post("operator", "/v1/merchants", NEW, key="k1")
        go_on.set()
        assert first.result(20).status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "in_progress")
    assert api.post("operator", "/v1/merchants", NEW, key="k1").status_code == 200


def test_a_failure_of_ours_frees_the_key(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("a defect with a secret inside")

    with monkeypatch.context() as patched:
        patched.setattr(api.services.catalog, "upsert_merchant", broken)
        failed = api.post("operator", "/v1/merchants", NEW, key="k1")
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    assert failed.headers["content-type"] == "application/problem+json"
    assert "secret" not in failed.text
    again = api.post("operator", "/v1/merchants", NEW, key="k1")
    assert again.status_code == 200
    assert "idempotent-replayed" not in again.headers


def test_a_claim_of_a_killed_program_is_free_again_after_a_minute(api: Any) -> None:
    from hashlib import sha256

    from adunion.kernel.errors import AdUnionError
    from adunion.trust import Writes

    writes = Writes(api.services.engine, api.services.clock)
    wanted = sha256(b"a request").digest()
    assert writes.claim("key_1", "k1", wanted) is None
    with pytest.raises(AdUnionError, match="is running"):
        writes.claim("key_1", "k1", wanted)
    api.clock.advance(timedelta(seconds=61))
    assert writes.claim("key_1", "k1", wanted) is None


def test_a_secret_is_shown_once_and_not_stored(api: Any) -> None:
    from sqlalchemy import select

    from adunion.trust.tables import idempotent_writes

    made = api.post("merchant", "/v1/keys", {"name": "shop"}, key="k1").json()
    again = api.post("merchant", "/v1/keys", {"name": "shop"}, key="k1").json()
    assert made["secret"].startswith("adu_")
    assert again == {**made, "secret": None}
    with api.services.engine.connect() as conn:
        stored = conn.execute(select(idempotent_writes.c.body)).scalars().all()
    assert not any(made["secret"].encode() in body for body in stored)
    assert api.get(made["secret"], "/v1/items").status_code == 200


def test_a_top_up_is_booked_once(api: Any) -> None:
    body = {
        "merchant_id": api.ids["merchant_id"],
        "amount": {"amount_minor": 12_345, "currency": "CNY"},
    }
    first = api.post("operator", "/v1/wallet/top-ups", body, key="payment-1")
    api.clock.advance(timedelta(hours=30))  # the stored answer is gone, the books are not
    again = api.post("operator", "/v1/wallet/top-ups", body, key="payment-1")
    assert first.json() == again.json()
    wallet = api.get("merchant", "/v1/wallet").json()
    assert wallet[0]["posted"] == {"amount_minor": 1_012_345, "currency": "CNY"}
    assert api.get("operator", "/v1/ledger/check").json()["ok"] is True


def test_an_english_name_is_kept_until_another_is_given(api: Any) -> None:
    path, named = "/v1/merchants", {"external_id": "m-9", "name": "好奶粉"}
    assert api.post("operator", path, named).json()["name_en"] == ""
    assert api.post("operator", path, named | {"name_en": "Good"}).json()["name_en"] == "Good"
    renamed = api.post("operator", path, named | {"name": "更好"}).json()
    assert (renamed["name"], renamed["name_en"]) == ("更好", "Good")
    assert api.post("operator", path, named | {"name_en": ""}).json()["name_en"] == ""
    publisher = {"external_id": "p-9", "name": "小鱼", "name_en": "Fin"}
    assert api.post("operator", "/v1/publishers", publisher).json()["name_en"] == "Fin"
