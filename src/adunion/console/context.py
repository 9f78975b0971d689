"""What every page's function starts from."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from adunion.kernel.errors import AdUnionError
from adunion.trust import Principal

from .deps import ConsoleServices
from .formats import Formats
from .messages import explain
from .results import Results
from .security import principal
from .views import Views, whole_number


class Context:
    """Services, views and language of one request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.services: ConsoleServices = request.app.state.services
        self.views: Views = request.app.state.views
        self.lang = self.views.locale(request)
        self.fmt: Formats = self.views.fmt(request)

    def say(self, message: str, **values: Any) -> str:
        """A message in the reader's language."""
        return self.views.text(self.request, message, **values)

    def told(self, error: AdUnionError) -> str:
        """What went wrong and what to do, in the reader's language."""
        _, text, hint = explain(error, self.say)
        return f"{text} {hint}".strip()

    def money(self, minor: int | None, currency: str | None = None) -> str:
        """An amount, of the market's currency unless told."""
        return self.fmt.money(minor, currency or self.services.currency)

    def page(self, template: str, status: int = 200, **context: Any) -> Any:
        """Render a page."""
        return self.views.page(self.request, template, status, **context)

    def keep(self, answer: Any) -> None:
        """Hold what a form was answered, so that the page's own links show it again for a while."""
        results: Results = self.request.app.state.results
        self.request.state.result = results.keep(self._owner, self.request.url.path, answer)

    def kept(self) -> Any:
        """The answer that the address names; None where there is none, or no longer."""
        key = self.text("result", 40)
        results: Results = self.request.app.state.results
        answer = results.find(self._owner, self.request.url.path, key) if key else None
        if answer is not None:
            self.request.state.result = key
        return answer

    @property
    def _owner(self) -> str:
        who = principal(self.request)
        return who.id if who else ""

    def number(self, name: str) -> int:
        """A whole number of the URL; 0 where there is none."""
        return whole_number(self.request, name)

    def text(self, name: str, most: int = 200) -> str:
        """A text of the URL."""
        return self.request.query_params.get(name, "").replace("\0", "")[:most].strip()


def party(who: Principal) -> str:
    """The merchant or publisher that a principal belongs to."""
    if who.party_id is None:
        raise ValueError(f"{who.id} belongs to no party")
    return who.party_id
