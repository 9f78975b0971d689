"""Who may come in: users with passwords and sessions, programs with API keys.

Passwords are argon2id; session tokens and API keys are 256 random bits, stored as SHA-256 only
(RFC 6819 5.1.4.1.3: a secret of full entropy needs no slow hash) and shown once.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from unicodedata import category

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine

from adunion.kernel.clock import Clock, random_bytes
from adunion.kernel.errors import AdUnionError, conflict, invalid, not_found
from adunion.kernel.ids import Ids

from . import repository
from .limits import TokenBuckets
from .types import ApiKey, Principal, Role

SESSION_HOURS = 12
PASSWORD_MIN, PASSWORD_MAX = 8, 1024
SIGN_IN_FAILURES_MAX = 10  # at once; then one more every 90 s
_EXTEND_AFTER = timedelta(minutes=5)  # so that a page view seldom writes
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,190}")
LIGHT_HASHER = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
"""Cheap on purpose, for tests and demo accounts; production uses argon2-cffi's defaults."""


class Identity:
    """Users, sessions and API keys."""

    def __init__(
        self, engine: Engine, clock: Clock, ids: Ids, hasher: PasswordHasher | None = None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody")  # so that an unknown email takes as long
        self._failures = TokenBuckets(clock, SIGN_IN_FAILURES_MAX, SIGN_IN_FAILURES_MAX * 90)

    def create_user(
        self, email: str, name: str, password: str, role: Role | str, party_id: str | None = None
    ) -> str:
        """Add a user and return the `usr_` id.

        Raises:
            AdUnionError: `invalid` (422) for a bad field, `email_taken` (409).

        """
        email = _email(email)
        role, party_id = _role(role, party_id)
        _password(password)
        user_id = self._ids("usr")
        with self._engine.begin() as conn:
            added = repository.add_user(
                conn,
                id=user_id,
                email=email,
                name=_name(name),
                password_hash=self._hasher.hash(password),
                role=role.value,
                party_id=party_id,
                created_at=self._clock.now(),
            )
        if not added:
            raise conflict("email_taken", f"{email} has an account already.", "Sign in instead.")
        return user_id

    def sign_in(self, email: str, password: str) -> tuple[str, str]:
        """A session `(token, csrf)` for the right password; the token goes into a cookie.

        Raises:
            AdUnionError: `sign_in_failed` (401), `too_many_attempts` (429).

        """
        email = email.strip().lower()
        allowance = self._failures.take(email, 0)
        if not allowance.allowed:
            raise AdUnionError(
                "too_many_attempts",
                "Too many wrong passwords for this account.",
                429,
                hint=f"Wait {allowance.retry_after_s} seconds.",
                extra={"retry_after_s": allowance.retry_after_s},
            )
        user_id = self._check_password(email, password)
        if user_id is None:
            self._failures.take(email)
            raise AdUnionError(
                "sign_in_failed",
                "The email or the password is wrong.",
                401,
                hint="Check both and try again.",
            )
        return self._open_session(user_id)

    def session(self, token: str) -> tuple[Principal, str] | None:
        """Who the session belongs to and its CSRF token; None once it has ended."""
        now = self._clock.now()
        hashed = _hash(token)
        with self._engine.begin() as conn:
            found = repository.session_by_hash(conn, hashed, now)
            if found is None:
                return None
            principal, csrf, expires_at = found
            until = now + timedelta(hours=SESSION_HOURS)
            if until - expires_at > _EXTEND_AFTER:
                repository.extend_session(conn, hashed, until)
        return principal, csrf

    def sign_out(self, token: str) -> None:
        """End a session; an unknown one is fine."""
        with self._engine.begin() as conn:
            repository.drop_session(conn, _hash(token))

    def create_key(
        self, name: str, role: Role | str, party_id: str | None = None
    ) -> tuple[str, str]:
        """A new API key: `(key_ id, "adu_..." secret)`. The secret cannot be shown again."""
        role, party_id = _role(role, party_id)
        key_id, secret = self._ids("key"), "adu_" + _random()
        with self._engine.begin() as conn:
            repository.add_key(
                conn,
                id=key_id,
                name=_name(name),
                key_hash=_hash(secret),
                role=role.value,
                party_id=party_id,
                created_at=self._clock.now(),
            )
        return key_id, secret

    def get_key(self, key_id: str) -> ApiKey:
        """One key, or `not_found`."""
        with self._engine.connect() as conn:
            found = repository.key_by_id(conn, key_id)
        if found is None:
            raise not_found("key", key_id)
        return found

    def list_keys(
        self,
        role: Role | None = None,
        party_id: str | None = None,
        limit: int = 50,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> tuple[list[ApiKey], bool]:
        """Keys newest first, and whether there are more."""
        with self._engine.connect() as conn:
            return repository.keys_page(conn, role, party_id, limit, starting_after, ending_before)

    def revoke_key(self, key_id: str) -> ApiKey:
        """End a key at once; doing it twice changes nothing."""
        self.get_key(key_id)
        with self._engine.begin() as conn:
            repository.revoke_key(conn, key_id, self._clock.now())
        return self.get_key(key_id)

    def authenticate(self, secret: str) -> Principal:
        """Who an API key speaks for.

        Raises:
            AdUnionError: `unauthenticated` (401) for an unknown or revoked key.

        """
        with self._engine.connect() as conn:
            found = repository.key_by_hash(conn, _hash(secret))
        if found is None:
            raise AdUnionError(
                "unauthenticated",
                "The API key is unknown or revoked.",
                401,
                hint="Send `Authorization: Bearer adu_...` with a live key.",
            )
        return found

    def _check_password(self, email: str, password: str) -> str | None:
        row = None
        if _EMAIL.fullmatch(email) and _storable(email):
            with self._engine.connect() as conn:
                row = repository.user_by_email(conn, email)
        if len(password) > PASSWORD_MAX or not _storable(password):
            password, row = "", None
        stored = self._nobody if row is None else row.password_hash
        try:
            self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
        if self._hasher.check_needs_rehash(stored):
            with self._engine.begin() as conn:
                repository.set_password_hash(conn, row.id, self._hasher.hash(password))
        return str(row.id)

    def _open_session(self, user_id: str) -> tuple[str, str]:
        token, csrf = _random(), _random()
        now = self._clock.now()
        with self._engine.begin() as conn:
            repository.drop_expired_sessions(conn, now)
            repository.add_session(
                conn,
                token_hash=_hash(token),
                user_id=user_id,
                csrf=csrf,
                created_at=now,
                expires_at=now + timedelta(hours=SESSION_HOURS),
            )
        return token, csrf


def _random() -> str:
    return urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _storable(text: str) -> bool:
    return not any(category(letter) in ("Cc", "Cs") for letter in text)


def _email(email: str) -> str:
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email) or not _storable(email):
        raise invalid("email", f"{email[:80]!r} is not an email address.")
    return email


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 200 or not _storable(name):
        raise invalid("name", "A name has 1 to 200 characters, none of them a control.")
    return name


def _password(password: str) -> None:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX or not _storable(password):
        raise invalid(
            "password",
            f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters, none of them a control.",
        )


def _role(role: Role | str, party_id: str | None) -> tuple[Role, str | None]:
    if role not in set(Role):
        raise invalid("role", f"No role named {str(role)[:40]!r}.", f"Choose from {list(Role)}.")
    role = Role(role)
    if role is Role.OPERATOR and party_id is not None:
        raise invalid("party_id", "An operator belongs to no merchant or publisher.")
    if role is not Role.OPERATOR and not party_id:
        raise invalid("party_id", f"A {role.value} needs the id of its {role.value}.")
    return role, party_id
