"""Sign in and out; the start page sends everyone to where their work is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from adunion.kernel.errors import AdUnionError

from .context import Context
from .messages import explain
from .security import SESSION_COOKIE, principal
from .views import redirect, safe_path

router = APIRouter()


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
    email: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Any:
    """Open a session; a wrong password keeps the form."""
    it = Context(request)
    try:
        token, _ = it.services.identity.sign_in(email, password)
    except AdUnionError as error:
        _, text, hint = explain(error, it.say)
        wrong = f"{text} {hint}"
        return _form(it, safe_path(next, "/"), error.status, email=email, wrong=wrong)
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
