"""
Many orders at once, as files bring them: each checked, all recorded in one commit, planned once.

To plan ten thousand orders one after the other would take many minutes, and is only needed for what
is promised by a look at the plan: urgent work, and what is negotiable. Of those a batch may have
`MOST_ALONE`; they are placed first, one by one, without a search for a better plan. All others are
promised their usual time whatever the plan, so that one plan for all of them is as good.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from dispatch.band_times import band_of
from dispatch.carrying import sequences_of_plan
from dispatch.entering import entering
from dispatch.errors import CityError, Conflict, DispatchError, InvalidRequest, NotFound
from dispatch.events import OrderPlaced
from dispatch.intake import new_order, service_of, stores_for
from dispatch.openings import desk_place
from dispatch.ordering import known_again, place_order
from dispatch.orders import Order
from dispatch.places import Place
from dispatch.promising import promised
from dispatch.proposals import carried
from dispatch.requests import OrderRequest
from dispatch.state import apply_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dispatch.dispatcher import Dispatcher
    from dispatch.entering import Entering
    from dispatch.intake import Terms
    from dispatch.orders import Drop
    from dispatch.proposals import Proposal
    from dispatch.state import State

MOST_ALONE = 100
"""Orders of a batch that are placed one by one: each takes the zone some hundredths of a second."""

MOST_PLANNED = 400
"""Drops of a batch that enter the plan at once; the others are held."""

TOGETHER = 200
"""Places whose times are asked for at once; a table grows with their square."""

NO_WAY = 10**8
"""Seconds that stand where there is no way."""

REFUSALS = (CityError, Conflict, InvalidRequest, NotFound)
"""What is wrong with one order, and with no other."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An order of a batch, with the digest that `dispatch.intake.fingerprint` gives it."""

    request: OrderRequest
    digest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became, or would become, of an order of a batch.

    ``order`` None: it is refused, and ``error`` says why. ``again`` is whether it was placed
    before. ``alone`` is whether its promise rests on the plan: as long as it is not placed, it has
    the usual one.
    """

    order: Order | None
    error: DispatchError | None = None
    again: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class _Checked:
    """An order that may be placed; ``places`` are those of its drops."""

    asked: Asked
    placed: OrderPlaced
    places: tuple[Place, ...]
    alone: bool


def check_batch(dispatcher: Dispatcher, batch: Sequence[Asked], now: int) -> tuple[Outcome, ...]:
    """Returns what would become of each order; nothing is placed, and ids are not theirs yet."""
    return tuple(_shown(found) for found in _checked(dispatcher, batch, now))


def place_batch(
    dispatcher: Dispatcher, batch: Sequence[Asked], now: int, *, whole: bool
) -> tuple[Outcome, ...]:
    """
    Returns what became of each order, in their order; the sound ones are planned and durable.

    ``whole``: where one is refused the caller undoes all of it, so nothing more is placed then. The
    same external id with the same content gives the order that has it, as `place_order` does.
    """
    found = _checked(dispatcher, batch, now)
    outcomes = [_shown(each) for each in found]
    if whole and any(outcome.error for outcome in outcomes):
        return tuple(outcomes)
    with _no_search(dispatcher):
        for i, each in enumerate(found):
            if isinstance(each, _Checked) and each.alone:
                outcomes[i] = _placed_alone(dispatcher, each, now)
    together = {
        i: each for i, each in enumerate(found) if isinstance(each, _Checked) and not each.alone
    }
    orders = _placed_together(dispatcher, list(together.values()), now)
    for i, order in zip(together, orders, strict=True):
        outcomes[i] = Outcome(order)
    return tuple(outcomes)


def _shown(found: _Checked | Outcome) -> Outcome:
    return Outcome(found.placed.order, alone=found.alone) if isinstance(found, _Checked) else found


@contextmanager
def _no_search(dispatcher: Dispatcher) -> Iterator[None]:
    """Lets quotes search for no better plan meanwhile: others wait for the zone."""
    policy = dispatcher.policy
    dispatcher.policy = replace(policy, quote_search_s=0.0, quote_search_moves=0)
    try:
        yield
    finally:
        dispatcher.policy = policy


def _placed_alone(dispatcher: Dispatcher, checked: _Checked, now: int) -> Outcome:
    try:
        return Outcome(place_order(dispatcher, checked.asked.request, now), alone=True)
    except REFUSALS as error:
        return Outcome(None, error, alone=True)


def _placed_together(
    dispatcher: Dispatcher, orders: Sequence[_Checked], now: int
) -> tuple[Order, ...]:
    """Records orders in one commit with the plan that has all of them."""
    if not orders:
        return ()
    state = dispatcher.state
    events = tuple(_numbered(orders, len(state.orders) + 1, len(state.drops) + 1))
    new = [drop for event in events for drop in event.drops]
    dispatcher.publish(now, events, _proposal(dispatcher, apply_run(state, events), new, now))
    return tuple(dispatcher.state.orders[event.order.id] for event in events)


def _proposal(dispatcher: Dispatcher, state: State, new: Sequence[Drop], now: int) -> Proposal:
    """
    Returns the plan with new drops: to each courier who takes some, what one trip can carry.

    The rest is held, as it would be by the next plan: its couriers are busy then. To find for each
    of hundreds of drops why it does not fit a trip that is full would take minutes.
    """
    policy, buildings = dispatcher.policy, dispatcher.city.buildings
    found = entering(state, dispatcher.plan, policy, now, buildings)
    rest = _beyond_a_trip(found, state, new, policy.standard_group)
    planned = {name: drop for name, drop in state.live.items() if name not in rest}
    model = dispatcher.model(replace(state, live=planned), now)
    held = {**model.entering.held, **dict.fromkeys(rest, now + policy.standard_age_s)}
    model = replace(model, entering=replace(model.entering, held=held))
    return carried(state, model, sequences_of_plan(dispatcher.plan))


def _beyond_a_trip(found: Entering, state: State, new: Sequence[Drop], fewest: int) -> set[str]:
    """
    Returns the new drops that enter though their courier's next trip is full, or the plan is.

    ``fewest`` are left to each courier who takes any: for less nobody would set off.
    """
    room = {courier.id: courier.capacity for courier in state.couriers.values()}
    taken = dict.fromkeys(room, 0)
    rest: set[str] = set()
    planned = 0
    for drop in new:
        if drop.id not in found.couriers:
            continue
        allowed = found.couriers[drop.id]
        taker = next(iter(allowed)) if allowed is not None and len(allowed) == 1 else None
        is_full = taker is not None and room[taker] < drop.load and taken[taker] >= fewest
        if planned == MOST_PLANNED or is_full:
            rest.add(drop.id)
            continue
        planned += 1
        if taker is not None:
            room[taker] -= drop.load
            taken[taker] += 1
    return rest


def _numbered(orders: Iterable[_Checked], order: int, drop: int) -> Iterator[OrderPlaced]:
    """Yields orders with ids that count on from these numbers, and their drops likewise."""
    for number, each in enumerate(orders, start=order):
        name, request = f"o_{number}", each.asked.request
        drops = tuple(
            replace(made, id=f"d_{i}", order=name)
            for i, made in enumerate(each.placed.drops, start=drop)
        )
        drop += len(drops)
        named = replace(
            each.placed.order,
            id=name,
            drops=tuple(made.id for made in drops),
            customer=request.customer,
            channel=request.channel,
            external_id=request.external_id,
            fingerprint=each.asked.digest,
        )
        yield OrderPlaced(each.placed.at, named, drops)


def _checked(dispatcher: Dispatcher, batch: Sequence[Asked], now: int) -> list[_Checked | Outcome]:
    """Returns the orders that may be placed, and why the others may not or need not."""
    found: list[_Checked | Outcome] = []
    alone = 0
    terms: dict[str, Terms] = {}
    for asked in batch:
        try:
            known = known_again(dispatcher.state, asked.request, asked.digest)
            each = Outcome(known, again=True) if known else _made(dispatcher, asked, now, terms)
            if isinstance(each, _Checked) and each.alone:
                alone += 1
                if alone > MOST_ALONE:
                    raise _too_many(asked.request.service)
            found.append(each)
        except REFUSALS as error:
            found.append(Outcome(None, error))
    return _from_their_stores(dispatcher, found, now, terms)


def _made(
    dispatcher: Dispatcher,
    asked: Asked,
    now: int,
    terms: dict[str, Terms],
    store: str | None = None,
) -> _Checked:
    """
    Returns an order from a store, None for the one it names, or the first.

    ``terms`` are what services promise now, as far as they were asked: all of a batch the same.
    """
    request = asked.request
    service = service_of(dispatcher.state, request.service)
    if service.name not in terms:
        terms[service.name] = promised(service, now, dispatcher.calendars)
    store = store or stores_for(dispatcher.state, request.store)[0]
    placed = new_order(dispatcher, request, store, now, terms[service.name])
    alone = (service.urgent or service.negotiable) and not placed.order.awaits_goods
    places = tuple(desk_place(dispatcher.city, drop) for drop in placed.drops)
    return _Checked(asked, placed, places, alone)


def _from_their_stores(
    dispatcher: Dispatcher, found: Sequence[_Checked | Outcome], now: int, terms: dict[str, Terms]
) -> list[_Checked | Outcome]:
    """Returns the orders from the store nearest to their desks; refused where no way leads."""
    state = dispatcher.state
    places = dict.fromkeys(p for c in found if isinstance(c, _Checked) for p in c.places)
    away = {store: _round_trips(dispatcher, store, list(places), now) for store in state.stores}
    chosen: list[_Checked | Outcome] = []
    for each in found:
        if isinstance(each, _Checked):
            named = stores_for(state, each.asked.request.store)
            far = {s: max(away[s][p] for p in each.places) for s in named}
            store = min(far, key=lambda s: far[s])
            if far[store] >= NO_WAY:
                each = Outcome(None, _unreachable(each))
            elif store != each.placed.order.store and not each.alone:
                each = _made(dispatcher, each.asked, now, terms, store)
        chosen.append(each)
    return chosen


def _round_trips(
    dispatcher: Dispatcher, store: str, places: Sequence[Place], now: int
) -> dict[Place, int]:
    """Returns the seconds from a store's counter to each place and back, `NO_WAY` without one."""
    city, here = dispatcher.city, dispatcher.state.stores[store]
    counter = city.street_place(here.lat, here.lon)
    band, rest = band_of(now, city.timezone), iter(places)
    found: dict[Place, int] = {}
    while some := list(islice(rest, TOGETHER)):
        times = city.travel_times((counter, *some), band, NO_WAY)
        back = (times[0, 1:].astype(int) + times[1:, 0]).tolist()
        found |= dict(zip(some, back, strict=True))
    return found


def _unreachable(checked: _Checked) -> CityError:
    return CityError(
        "There is no way from a store to the desk and back.",
        at="drops[0].desk.building",
        cure="Choose another place, or open a way to it.",
        code="unreachable",
        value=checked.placed.drops[0].desk.building,
    )


def _too_many(service: str) -> InvalidRequest:
    return InvalidRequest(
        f"Only {MOST_ALONE} orders of one file may be promised one by one, like those of "
        f"{service!r}.",
        at="service",
        cure="Send the others in another file, or one by one.",
        code="too-many-urgent",
        value=service,
    )
