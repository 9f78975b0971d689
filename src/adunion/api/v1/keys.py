"""API keys of the caller's own party, or for an operator of any."""

from __future__ import annotations

from pydantic import Field

from adunion.api.deps import Caller, Services
from adunion.api.fields import AnyId, Body, CursorQuery, KeyId, Name, Page, View, When, page
from adunion.api.route import ANYONE_WITH_A_KEY, allow, router
from adunion.catalog import repository as catalog
from adunion.kernel.errors import conflict, not_found
from adunion.trust import ApiKey, Principal, Role

routes = router("keys", "keys")


class Key(View):
    """An API key, without its secret."""

    id: KeyId
    name: str
    role: Role
    party_id: str | None = Field(description="The merchant or publisher it speaks for")
    created_at: When
    revoked_at: When | None


class MadeKey(Key):
    """A new key with its secret."""

    secret: str | None = Field(
        description="Shown once, here; null when the answer is replayed", examples=["adu_..."]
    )


class NewKey(Body):
    """A key to make. Merchants and publishers make keys for themselves only."""

    name: Name
    role: Role | None = Field(None, strict=False, description="Left out: the caller's own")
    party_id: AnyId | None = Field(
        None, description="For an operator: the merchant or publisher; left out for an operator"
    )


@routes.get("", openapi_extra=allow(*ANYONE_WITH_A_KEY), summary="List keys")
def list_keys(services: Services, caller: Caller, cursor: CursorQuery) -> Page[Key]:
    """Keys of the caller's party, revoked ones too; an operator sees all."""
    all_roles = caller.role is Role.OPERATOR
    rows, more = services.identity.list_keys(
        None if all_roles else caller.role,
        None if all_roles else caller.party_id,
        cursor.limit,
        cursor.starting_after,
        cursor.ending_before,
    )
    return page([Key.model_validate(row) for row in rows], more, cursor)


@routes.post(
    "",
    status_code=201,
    openapi_extra=allow(*ANYONE_WITH_A_KEY, shown_once="secret"),
    summary="Make a key",
)
def create_key(services: Services, caller: Caller, body: NewKey) -> MadeKey:
    """The secret is in this answer and nowhere else, ever again."""
    role, party_id = _party(services, caller, body)
    key_id, secret = services.identity.create_key(body.name, role, party_id)
    made = Key.model_validate(services.identity.get_key(key_id))
    return MadeKey(**made.model_dump(), secret=secret)


@routes.get("/{key_id}", openapi_extra=allow(*ANYONE_WITH_A_KEY), summary="Get a key")
def get_key(services: Services, caller: Caller, key_id: KeyId) -> Key:
    """A key of the caller's party."""
    return Key.model_validate(_own(services, caller, key_id))


@routes.delete("/{key_id}", openapi_extra=allow(*ANYONE_WITH_A_KEY), summary="Revoke a key")
def revoke_key(services: Services, caller: Caller, key_id: KeyId) -> Key:
    """Ends the key at once; it stays listed. A key cannot revoke itself."""
    _own(services, caller, key_id)
    if key_id == caller.id:
        raise conflict("key_in_use", "A key cannot revoke itself.", "Use another key.")
    return Key.model_validate(services.identity.revoke_key(key_id))


def _own(services: Services, caller: Principal, key_id: str) -> ApiKey:
    found = services.identity.get_key(key_id)
    own = (found.role, found.party_id) == (caller.role, caller.party_id)
    if caller.role is not Role.OPERATOR and not own:
        raise not_found("key", key_id)
    return found


def _party(services: Services, caller: Principal, body: NewKey) -> tuple[Role, str | None]:
    if caller.role is not Role.OPERATOR:
        role = body.role or caller.role
        party_id = body.party_id or caller.party_id
        if (role, party_id) != (caller.role, caller.party_id):
            raise conflict("not_your_party", "A key is made for one's own party only.")
        return role, party_id
    role = body.role or Role.OPERATOR
    if role is Role.PUBLISHER and body.party_id is not None:
        services.publishers.get(body.party_id)
    if role is Role.MERCHANT and body.party_id is not None:
        with services.engine.connect() as conn:
            catalog.get_merchant(conn, body.party_id)
    return role, body.party_id
