/**
 * What is known of the zone: orders with their drops, couriers, and the plan with its stops.
 */

/** What was fetched last, and where to find things in it. */
export class Known {
  #orders = new Map();
  #placed = [];
  #drops = new Map();
  #couriers = new Map();
  #plan = { version: 0, routes: [], unassigned: [], changes: [] };
  #stops = new Map();
  #left = new Map();

  /** Returns the orders that are open, and those that ended lately. */
  orders() {
    return [...this.#orders.values()];
  }

  /** Returns an order, null for one that is not known. */
  order(id) {
    return this.#orders.get(id) ?? null;
  }

  /** Returns a drop with its order, `{drop, order}`, null for one that is not known. */
  drop(id) {
    return this.#drops.get(id) ?? null;
  }

  /** Returns the couriers in the order in which they were added. */
  couriers() {
    return [...this.#couriers.values()];
  }

  /** Returns a courier, null for one that is not known. */
  courier(id) {
    return this.#couriers.get(id) ?? null;
  }

  /** Returns the plan that holds, as `GET /v1/plan` tells it. */
  plan() {
    return this.#plan;
  }

  /** Returns who delivers a drop and at which stop, `{courier, stop}`, null where nobody does. */
  stopOf(drop) {
    return this.#stops.get(drop) ?? null;
  }

  /** Returns what the plan says of a drop in nobody's route, null for others. */
  unassigned(drop) {
    return this.#left.get(drop) ?? null;
  }

  /** Takes all orders there were at `began`, in place of those known but what was placed since. */
  takeOrders(orders, began) {
    this.#placed = this.#placed.filter(({ at }) => at >= began);
    this.#hold([...this.#placed.map(({ order }) => order), ...orders]);
  }

  /** Takes an order that was placed just now, as it was at `at`. */
  takePlaced(order, at) {
    this.#placed.push({ order, at });
    this.#hold([order, ...this.orders()]);
  }

  #hold(orders) {
    this.#orders = new Map(orders.map((order) => [order.id, order]));
    const drops = orders.flatMap((order) => order.drops.map((drop) => [drop.id, { drop, order }]));
    this.#drops = new Map(drops);
  }

  /** Takes all couriers there are in place of those known. */
  takeCouriers(couriers) {
    this.#couriers = new Map(couriers.map((courier) => [courier.id, courier]));
  }

  /** Takes the plan that holds. */
  takePlan(plan) {
    this.#plan = plan;
    this.#left = new Map(plan.unassigned.map((left) => [left.drop, left]));
    this.#stops = new Map();
    for (const { courier, stops } of plan.routes) {
      const delivering = stops.filter(({ kind }) => kind === "deliver");
      for (const stop of delivering) for (const drop of stop.drops) this.#stops.set(drop, { courier, stop });
    }
  }
}
