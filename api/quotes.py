"""
Quotes: what may honestly be promised now.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.access import needs
from api.answers import Answer
from api.bodies import DelayOut, Drops, Id, In, Instant, Keep, Moment, Out, ServiceName
from api.contacts import keeper
from api.depends import Here, Who
from api.once import Sent
from api.order_answers import ReasonOut, reason_out
from api.sight import check_quote, orders_of
from api.view import View
from api.zone import Room
from dispatch.keeping import release_hold
from dispatch.quoting import Answer as Quoted
from dispatch.quoting import give_quote
from dispatch.requests import QuoteRequest

router = APIRouter(prefix="/v1/quotes", tags=["quotes"])

QuoteId = Annotated[str, Path(max_length=100)]


class QuoteIn(In):
    """
    What a customer would like to know a time for; ``store`` null: the best one.

    ``reserve`` holds the place until the quote expires, for an order that names it.
    """

    service: ServiceName
    drops: Drops
    store: Id | None = None
    ready_at: Instant | None = None
    reserve: bool = False

    def to_domain(self, principal: str, keep: Keep) -> QuoteRequest:
        """Returns the request as a value of the business."""
        drops = tuple(drop.to_domain(keep) for drop in self.drops)
        return QuoteRequest(self.service, drops, self.store, self.ready_at, self.reserve, principal)


class AlternativeOut(Out):
    """Another way to have it, or part of it, sooner: reception, other_store or split."""

    kind: str
    promise_s: int
    text: str


class QuoteOut(Out):
    """
    The shortest honest time. ``feasible`` says whether it is the usual one.

    ``eta_p90`` holds nine times in ten, ``p_on_time`` is the chance that ``due_at`` does; both are
    null without ``eta``. ``reasons`` say why nobody can bring it. ``reserved`` is whether a place
    is held until ``expires_at``. ``searched`` says that a better plan was searched for, for
    ``searched_s`` seconds, before this was answered.
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
    alternatives: list[AlternativeOut]
    reasons: list[ReasonOut]
    searched: bool
    searched_s: Annotated[float, Field(ge=0)]


@router.post(
    "",
    summary="Ask what may be promised",
    response_model=QuoteOut,
    dependencies=[needs("quotes.ask")],
)
async def quote(body: QuoteIn, zone: Here, who: Who, once: Sent) -> Response:
    """Answers the earliest honest time; with ``reserve`` its place is held."""

    def work(room: Room) -> Answer:
        answer = give_quote(room.dispatcher, body.to_domain(who.name, keeper(room)), room.now)
        shown = quote_out(answer, View.of(room.dispatcher, room.now))
        own = orders_of(room, who)
        if own is not None:
            # That others would wait is for them; who they are is not.
            delays = [delay for delay in shown.delays if delay.order in own]
            shown = shown.model_copy(update={"delays": delays})
        return Answer(shown)

    return await once.ask(zone, work)


@router.delete(
    "/{quote_id}",
    status_code=204,
    summary="Give up the place held for a quote",
    response_class=Response,
    dependencies=[needs("quotes.ask")],
)
async def release(quote_id: QuoteId, zone: Here, who: Who, once: Sent) -> Response:
    """Holds nothing for the quote any more; 409 when it was used, 404 when it is unknown."""

    def work(room: Room) -> Answer:
        check_quote(room, who, quote_id)
        release_hold(room.dispatcher, quote_id, room.now)
        return Answer(None, 204)

    return await once.ask(zone, work)


def quote_out(answer: Quoted, view: View) -> QuoteOut:
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
        reserved=answer.reserved,
        delays=[DelayOut.model_validate(d, from_attributes=True) for d in answer.delays],
        alternatives=[
            AlternativeOut.model_validate(a, from_attributes=True) for a in answer.alternatives
        ],
        reasons=[reason_out(reason) for reason in answer.reasons],
        searched=answer.searched_s is not None,
        searched_s=round(answer.searched_s or 0.0, 3),
    )
