"""
Quotes: what may honestly be promised now.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import field_validator
from pydantic_core import PydanticCustomError

from api.bodies import DelayOut, Drops, Id, In, Instant, Moment, Out, ServiceName
from api.depends import Here, Who
from api.order_answers import ReasonOut, reason_out
from api.view import View
from api.zone import Room
from dispatch.quoting import Answer, give_quote
from dispatch.requests import QuoteRequest

router = APIRouter(prefix="/v1/quotes", tags=["quotes"])


class QuoteIn(In):
    """What a customer would like to know a time for; ``store`` null: the best one."""

    service: ServiceName
    drops: Drops
    store: Id | None = None
    ready_at: Instant | None = None
    reserve: bool = False

    @field_validator("reserve")
    @classmethod
    def _not_yet(cls, reserve: bool) -> bool:
        if reserve:
            raise PydanticCustomError(
                "reserve", "Quotes cannot reserve yet: ask without, placing the order checks again"
            )
        return reserve

    def to_domain(self) -> QuoteRequest:
        """Returns the request as a value of the business."""
        drops = tuple(drop.to_domain() for drop in self.drops)
        return QuoteRequest(self.service, drops, self.store, self.ready_at)


class QuoteOut(Out):
    """
    The shortest honest time. ``feasible`` says whether it is the usual one.

    ``eta_p90`` holds nine times in ten, ``p_on_time`` is the chance that ``due_at`` does; both are
    null without ``eta``. ``reasons`` say why nobody can bring it.
    """

    quote_id: str
    expires_at: Moment
    feasible: bool
    promise_s: int
    due_at: Moment
    eta: Moment | None
    eta_p90: Moment | None
    p_on_time: float | None
    courier: str | None
    store: str
    reserved: bool
    delays: list[DelayOut]
    alternatives: list[str]
    reasons: list[ReasonOut]


@router.post("", summary="Ask what may be promised")
async def quote(body: QuoteIn, zone: Here, _: Who) -> QuoteOut:
    """Answers the earliest honest time; nothing is reserved."""

    def work(room: Room) -> QuoteOut:
        answer = give_quote(room.dispatcher, body.to_domain(), room.now)
        return quote_out(answer, View.of(room.dispatcher, room.now))

    return await zone.ask(work)


def quote_out(answer: Answer, view: View) -> QuoteOut:
    """Returns a quote as JSON."""
    return QuoteOut(
        quote_id=answer.quote.id,
        expires_at=view.moment(answer.quote.expires_at),
        feasible=answer.quote.feasible,
        promise_s=answer.quote.promise_s,
        due_at=view.moment(answer.due_at),
        eta=view.moment_or_none(answer.eta),
        eta_p90=view.moment_or_none(answer.eta_p90),
        p_on_time=answer.p_on_time,
        courier=answer.courier,
        store=answer.quote.store,
        reserved=False,
        delays=[DelayOut.model_validate(d, from_attributes=True) for d in answer.delays],
        alternatives=[],
        reasons=[reason_out(reason) for reason in answer.reasons],
    )
