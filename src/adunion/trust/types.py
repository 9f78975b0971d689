"""Types of the room: who is asking, and the keys they ask with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a user or key may do."""

    MERCHANT = "merchant"
    PUBLISHER = "publisher"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a signed-in user (`usr_`) or an API key (`key_`).

    `party_id` is the merchant (`mer_`) or publisher (`pub_`) they belong to; an operator has none.
    """

    id: str
    role: Role
    party_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it may be listed: never its secret."""

    id: str
    name: str
    role: Role
    party_id: str | None
    created_at: datetime
    revoked_at: datetime | None
