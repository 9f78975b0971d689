"""Why this ad: the decision of a request, with each candidate's parts, where it was kept."""

from __future__ import annotations

from pydantic import Field

from adunion.api.deps import Caller, Services
from adunion.api.fields import RequestId, View, When
from adunion.api.route import allow, router
from adunion.decision.parts import Part
from adunion.insight.why import Told, request_bytes, told
from adunion.trust import Role

routes = router("decisions", "reports")


class Parts(View):
    """What a candidate's place was made of; money is micros of the market's currency."""

    relevance: float
    pctr: float
    pcvr: float
    value_micros: int = Field(description="GMV expected of an order")
    sale_micros: int = Field(description="The platform's part of the expected sale, and ...")
    experience_micros: int = Field(description="... the worth to the shopper: its organic score")
    bid_micros: int = Field(description="Per seen impression; added to the organic score")
    score_micros: int
    price_micros: int = Field(description="Charged when seen; 0 where the bid moved nothing")
    bid_needed_micros: int = Field(description="The least bid for a slot; 0 unless outranked")
    propensity: float = Field(description="Chance of being shown in its slot")


class Candidate(View):
    """An item; a merchant is told of rivals the slot alone, and whether it was paid for."""

    slot: int | None = Field(description="0 is the first; null: not shown")
    reason: str = Field(description="moved, organic, outranked, merchant_cap, group_cap or ad_load")
    item_id: str | None
    title: str | None
    merchant_id: str | None
    plan_id: str | None = Field(description="The plan that might bid")
    parts: Parts | None


class KeptDecision(View):
    """A decision that was kept, best candidates first."""

    request_id: RequestId
    at: When
    placement_id: str
    ranked: int = Field(description="Candidates there were; the best are kept")
    candidates: list[Candidate]


@routes.get(
    "/{request_id}",
    openapi_extra=allow(Role.MERCHANT, Role.OPERATOR),
    summary="Why a request was answered as it was",
)
def get_decision(services: Services, caller: Caller, request_id: RequestId) -> KeptDecision:
    """A sample of requests is kept, and those sent with `explain: true`; else 404."""
    kept = services.decisions.find(request_bytes(request_id))
    with services.engine.connect() as conn:
        found = told(conn, kept, request_id, caller.party_id)
    return KeptDecision(
        request_id=found.request_id,
        at=found.at,
        placement_id=found.placement_id,
        ranked=found.ranked,
        candidates=[_candidate(one) for one in found.candidates],
    )


def _candidate(one: Told) -> Candidate:
    columns = {n: getattr(one, n) for n in Candidate.model_fields if n != "parts"}
    return Candidate(parts=None if one.part is None else _parts(one.part), **columns)


def _parts(part: Part) -> Parts:
    return Parts(**{name: getattr(part, name) for name in Parts.model_fields})
