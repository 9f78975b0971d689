"""Sign in and out; the start page sends everyone to where their work is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from adunion.kernel.errors import AdUnionError

from .context import Context
from .i18n import N_
from .security import SESSION_COOKIE, principal
from .views import redirect, safe_path

router = APIRouter()
EMAIL_LETTERS, PASSWORD_LETTERS = 255, 1_025
"""More than any account has; what is longer is as wrong without its end."""


@router.get("/")
def start(request: Request) -> Response:
    """To the overview of the one signed in, or to the sign-in page, which explains all."""
    who = principal(request)
    return redirect(f"/{who.role}" if who else "/sign-in")


@router.get("/sign-in")
def form(request: Request) -> Any:
    """The first page that anybody sees."""
    who = principal(request)
    if who is not None:
        return redirect(f"/{who.role}")
    return _form(Context(request), safe_path(request.query_params.get("next"), "/"))


@router.post("/sign-in")
def sign_in(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Any:
    """Open a session; a wrong password keeps the form."""
    it = Context(request)
    if not email.strip() or not password:
        said = it.say(N_("Write your email and your password."))
        return _form(it, safe_path(next, "/"), 422, email=email, wrong=said)
    try:
        token, _ = it.services.identity.sign_in(
            email.replace("\0", "")[:EMAIL_LETTERS], password[:PASSWORD_LETTERS]
        )
    except AdUnionError as error:
        return _form(it, safe_path(next, "/"), error.status, email=email, wrong=it.told(error))
    answer = redirect(safe_path(next, "/"))
    answer.set_cookie(
        SESSION_COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return answer


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session."""
    if token := request.cookies.get(SESSION_COOKIE):
        Context(request).services.identity.sign_out(token)
    answer = redirect("/sign-in", done="signed_out")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _form(it: Context, next_path: str, status: int = 200, email: str = "", wrong: str = "") -> Any:
    return it.page(
        "sign_in.html", status, next=next_path, email=email, wrong=wrong,
        accounts=it.services.demo_accounts,
    )  # fmt: skip
