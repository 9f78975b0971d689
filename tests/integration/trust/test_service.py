from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from adunion.kernel.clock import ManualClock
from adunion.kernel.errors import AdUnionError
from adunion.kernel.ids import IdFactory
from adunion.trust import LIGHT_HASHER, Identity, Principal, Role
from adunion.trust.service import SIGN_IN_FAILURES_MAX
from adunion.trust.tables import api_keys, sessions, users

pytestmark = pytest.mark.integration
PASSWORD = "correct horse 电池"


@pytest.fixture
def identity(engine: Engine, clock: ManualClock, ids: IdFactory) -> Identity:
    made = Identity(engine, clock, ids, LIGHT_HASHER)
    made.create_user("Shop@Example.com ", "店主", PASSWORD, "merchant", "mer_1")
    return made


def test_a_session_says_who_is_asking(identity: Identity, engine: Engine) -> None:
    token, csrf = identity.sign_in(" shop@example.COM", PASSWORD)
    found = identity.session(token)
    assert found is not None
    assert found[0] == Principal(found[0].id, Role.MERCHANT, "mer_1", "店主")
    assert found[1] == csrf
    with engine.connect() as conn:
        stored = conn.execute(select(sessions.c.token_hash)).scalar_one()
        password = conn.execute(select(users.c.password_hash)).scalar_one()
    assert token.encode() not in stored
    assert password.startswith("$argon2id$")
    identity.sign_out(token)
    assert identity.session(token) is None
    assert identity.session("") is None


def test_a_session_slides_and_ends_after_12_idle_hours(
    identity: Identity, clock: ManualClock
) -> None:
    token, _ = identity.sign_in("shop@example.com", PASSWORD)
    for _ in range(3):
        clock.advance(timedelta(hours=11))
        assert identity.session(token) is not None
    clock.advance(timedelta(hours=12, seconds=1))
    assert identity.session(token) is None


WRONG = [
    ("shop@example.com", "wrong"),
    ("nobody@example.com", PASSWORD),
    ("nobody@example.com", "nobody"),
    ("shop@example.com", "x" * 5_000),
    ("a\0b@example.com", PASSWORD),
    ("shop@example.com", "\ud800\0"),
    ("", ""),
]


def test_wrong_credentials_are_refused_alike(identity: Identity) -> None:
    for email, password in WRONG:
        with pytest.raises(AdUnionError) as refused:
            identity.sign_in(email, password)
        assert (refused.value.code, refused.value.status) == ("sign_in_failed", 401)


def test_guessing_is_slowed_down_for_that_account_only(
    identity: Identity, clock: ManualClock
) -> None:
    identity.create_user("other@example.com", "O", PASSWORD, "operator")
    for _ in range(SIGN_IN_FAILURES_MAX):
        with pytest.raises(AdUnionError, match="wrong"):
            identity.sign_in("shop@example.com", "guess")
    with pytest.raises(AdUnionError) as refused:
        identity.sign_in("shop@example.com", PASSWORD)
    assert (refused.value.status, refused.value.extra["retry_after_s"]) == (429, 90)
    assert identity.sign_in("other@example.com", PASSWORD)
    clock.advance(timedelta(seconds=90))
    assert identity.sign_in("shop@example.com", PASSWORD)


BAD: list[tuple[str, dict[str, str | None]]] = [
    ("email", {"email": "no-at"}),
    ("email", {"email": "a\x00@b.c"}),
    ("name", {"name": " "}),
    ("name", {"name": "a\nb"}),
    ("password", {"password": "short"}),
    ("role", {"role": "admin"}),
    ("party_id", {"party_id": None}),
    ("party_id", {"role": "operator"}),
]


def test_a_bad_field_of_a_new_user_is_named(identity: Identity) -> None:
    good = {"email": "n@example.com", "name": "N", "password": PASSWORD, "role": "publisher"}
    for field, change in BAD:
        with pytest.raises(AdUnionError) as refused:
            identity.create_user(**{**good, "party_id": "pub_1", **change})  # type: ignore[arg-type]
        assert (refused.value.status, refused.value.field) == (422, field)


def test_an_email_is_taken_once(identity: Identity) -> None:
    with pytest.raises(AdUnionError) as refused:
        identity.create_user("SHOP@example.com", "S", PASSWORD, "operator")
    assert (refused.value.code, refused.value.status) == ("email_taken", 409)


def test_a_key_speaks_for_its_party_until_revoked(identity: Identity, engine: Engine) -> None:
    key_id, secret = identity.create_key("till", "publisher", "pub_1")
    assert secret.startswith("adu_")
    assert identity.authenticate(secret) == Principal(key_id, Role.PUBLISHER, "pub_1", "till")
    with engine.connect() as conn:
        stored = conn.execute(select(api_keys)).one()
    assert secret not in repr(stored)
    first = identity.revoke_key(key_id)
    assert first.revoked_at is not None
    assert identity.revoke_key(key_id) == first
    with pytest.raises(AdUnionError) as refused:
        identity.authenticate(secret)
    assert refused.value.status == 401


def test_a_weaker_hash_is_strengthened_at_the_next_sign_in(
    engine: Engine, clock: ManualClock, ids: IdFactory
) -> None:
    from argon2 import PasswordHasher

    weak = Identity(engine, clock, ids, PasswordHasher(1, 512, 1))
    weak.create_user("a@example.com", "A", PASSWORD, "operator")
    Identity(engine, clock, ids, LIGHT_HASHER).sign_in("a@example.com", PASSWORD)
    with engine.connect() as conn:
        stored = conn.execute(select(users.c.password_hash)).scalar_one()
    assert not LIGHT_HASHER.check_needs_rehash(stored)
