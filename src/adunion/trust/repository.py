"""All SQL of the room about users, sessions and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adunion.engines import paging

from .tables import api_keys, sessions, users
from .types import ApiKey, Principal, Role


def add_user(conn: Connection, **columns: Any) -> bool:
    """Insert a user; False where the email is taken."""
    new = upsert(users).values(**columns).on_conflict_do_nothing(index_elements=["email"])
    return conn.execute(new.returning(users.c.id)).first() is not None


def user_by_email(conn: Connection, email: str) -> Row[Any] | None:
    """The user's row, with the password's hash."""
    return conn.execute(select(users).where(users.c.email == email)).first()


def set_password_hash(conn: Connection, user_id: str, password_hash: str) -> None:
    """Replace a user's password hash."""
    conn.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def add_session(conn: Connection, **columns: Any) -> None:
    """Insert a session."""
    conn.execute(insert(sessions).values(**columns))


def session_by_hash(
    conn: Connection, token_hash: bytes, now: datetime
) -> tuple[Principal, str, datetime] | None:
    """Who a live session belongs to, its CSRF token and its end."""
    query = (
        select(users, sessions.c.csrf, sessions.c.expires_at)
        .join(sessions, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    return Principal(row.id, Role(row.role), row.party_id, row.name), row.csrf, row.expires_at


def extend_session(conn: Connection, token_hash: bytes, until: datetime) -> None:
    """Move a session's end."""
    conn.execute(
        update(sessions).where(sessions.c.token_hash == token_hash).values(expires_at=until)
    )


def drop_session(conn: Connection, token_hash: bytes) -> None:
    """Forget a session."""
    conn.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def drop_expired_sessions(conn: Connection, now: datetime) -> None:
    """Forget the sessions that have ended."""
    conn.execute(delete(sessions).where(sessions.c.expires_at <= now))


def add_key(conn: Connection, **columns: Any) -> None:
    """Insert an API key."""
    conn.execute(insert(api_keys).values(**columns))


def key_by_hash(conn: Connection, key_hash: bytes) -> Principal | None:
    """Who a live key speaks for."""
    row = conn.execute(
        select(api_keys).where(api_keys.c.key_hash == key_hash, api_keys.c.revoked_at.is_(None))
    ).first()
    return None if row is None else Principal(row.id, Role(row.role), row.party_id, row.name)


def key_by_id(conn: Connection, key_id: str) -> ApiKey | None:
    """One key."""
    row = conn.execute(select(api_keys).where(api_keys.c.id == key_id)).first()
    return None if row is None else _key(row)


def revoke_key(conn: Connection, key_id: str, at: datetime) -> None:
    """Revoke a key; the first time stands."""
    conn.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def keys_page(
    conn: Connection,
    role: Role | None,
    party_id: str | None,
    limit: int,
    starting_after: str | None,
    ending_before: str | None,
) -> tuple[list[ApiKey], bool]:
    """Keys newest first, of one role and party or of all."""
    query = select(api_keys)
    if role is not None:
        query = query.where(api_keys.c.role == role)
    if party_id is not None:
        query = query.where(api_keys.c.party_id == party_id)
    found = paging.page(conn, query, api_keys.c.id, limit, starting_after, ending_before)
    return [_key(row) for row in found.rows], found.has_more


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(row.id, row.name, Role(row.role), row.party_id, row.created_at, row.revoked_at)
