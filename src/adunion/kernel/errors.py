"""One error type for everything a caller can mend; faces turn it into RFC 9457 problems."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as _field
from http import HTTPStatus
from typing import Any


@dataclass
class AdUnionError(Exception):
    """An error that says what is wrong, where, and what to do next.

    `code` is stable and snake_case; `status` is the HTTP status a face answers with.
    """

    code: str
    message: str
    status: int = 400
    field: str | None = None
    hint: str | None = None
    extra: dict[str, Any] = _field(default_factory=dict)

    def problem(self) -> dict[str, Any]:
        """The members of its RFC 9457 problem, as every face answers with."""
        members = {
            **self.extra,
            "type": f"urn:adunion:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.message,
        }
        optional = {"hint": self.hint, "field": self.field}
        return members | {name: value for name, value in optional.items() if value is not None}

    def __str__(self) -> str:
        where = f" (field {self.field})" if self.field else ""
        todo = f" {self.hint}" if self.hint else ""
        return f"{self.message}{where}{todo}"


def not_found(kind: str, id_: str) -> AdUnionError:
    """The 404 every room answers with for an id that is absent or not the caller's."""
    return AdUnionError(
        "not_found", f"No {kind} with id {id_!r}.", 404, hint="Check the id, or list them first."
    )


def invalid(field_: str, message: str, hint: str | None = None) -> AdUnionError:
    """The 422 for one bad field."""
    return AdUnionError("invalid", message, 422, field=field_, hint=hint)


def conflict(code: str, message: str, hint: str | None = None, **extra: Any) -> AdUnionError:
    """The 409 for a request that contradicts the present state."""
    return AdUnionError(code, message, 409, hint=hint, extra=extra)
