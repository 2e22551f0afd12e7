/**
 * Where a drop shall go: who brings it and behind what, with the consequences before it is done.
 */

import { Refused, newKey, sayError } from "../shared/ask.js";
import { el, fill, setText } from "../shared/dom.js";
import { clockTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { openDialog } from "./dialog.js";
import { consequences } from "./move_consequences.js";
import { lookAt, makeMove, placeOf, tryMove, undoByKey } from "./moves.js";
import { courierName, deskName, goods } from "./place_names.js";

let known = null;

/** Takes the model in which drops are moved, and lets Ctrl+Z take back. */
export function startMoves(model) {
  known = model;
  undoByKey(model);
}

/**
 * Asks where a drop shall go and moves it there; `courier` and `after` may be known already.
 *
 * Returns whether it was moved. It asks at once by what the page knows, and looks at the drop
 * meanwhile; raises where the page knows none of it and it cannot be looked at.
 */
export async function askMove({ drop, courier, after = null }) {
  const told = known.drop(drop)?.drop ?? (await lookAt(drop)).drop;
  return new Move(known, told, { courier, after }).ask();
}

/** A move that is being thought about. */
class Move {
  #turn = 0;
  #key = newKey();
  #looked = null;

  constructor(model, drop, wished) {
    this.model = model;
    this.seen = { drop, tag: null };
    this.wished = wished;
    const change = () => this.#chosen();
    this.courier = el(
      "select",
      { id: "move-courier", on: { change: () => this.#courierChosen() } },
      this.#couriers(),
    );
    this.after = el("select", { id: "move-after", on: { change } });
    this.pinned = el("input", { id: "move-pinned", type: "checkbox", checked: true, on: { change } });
    this.now = el("p", { class: "told" });
    this.said = el("div", { class: "notice warn", role: "alert", hidden: true });
    this.result = el("div", { class: "consequences", role: "status" });
    this.go = el("button", { type: "submit", class: "primary", disabled: true }, t("hand.move_now"));
    this.#offer();
  }

  async ask() {
    const submit = (event) => {
      event.preventDefault();
      this.#send();
    };
    const row = (name, field) => el("label", { for: field.id }, t(`hand.${name}`), field);
    const cancel = el("button", { type: "button", on: { click: () => this.dialog.close() } }, t("hand.cancel"));
    const form = el(
      "form",
      { class: "fields", on: { submit } },
      this.now,
      row("courier", this.courier),
      row("position", this.after),
      el("label", { class: "check" }, this.pinned, t("hand.keep_pinned")),
      this.said,
      this.result,
      el("div", { class: "actions" }, this.go, cancel),
    );
    this.#showNow();
    this.dialog = openDialog(t("hand.move_title", { drop: this.seen.drop.id }), form);
    this.courier.focus();
    this.#tried();
    return (await this.dialog.closed) === true;
  }

  /** Offers what was wished, as long as nobody chose anything else; where it is now without a wish. */
  #offer() {
    if (!this.wished) return;
    const { courier, after } = this.wished.courier === undefined ? placeOf(this.model, this.seen.drop) : this.wished;
    this.courier.value = courier ?? "";
    this.#offerPlaces(after);
  }

  /** Looks at the drop as it is at the service: what is sent is sent for what was seen then. */
  async #look() {
    this.seen = await lookAt(this.seen.drop.id);
    this.#showNow();
    this.#offer();
  }

  #showNow() {
    const { drop } = this.seen;
    const who = t("hand.now_with", { courier: courierName(this.model, drop.courier) });
    fill(this.now, el("b", {}, deskName(drop.desk)), ` — ${goods(drop.items)}. ${who}`);
  }

  #couriers() {
    const option = ({ id, name, paused, capacity, on_board: load }) => {
      const about = { name: name || id, n: load.length, capacity };
      return el("option", { value: id }, t(paused ? "hand.courier_paused" : "hand.courier_load", about));
    };
    return [el("option", { value: "" }, t("hand.to_planner")), this.model.couriers().map(option)];
  }

  /** Offers the places in the chosen courier's route, `chosen` at first. */
  #offerPlaces(chosen = null) {
    const route = this.model.plan().routes.find(({ courier }) => courier === this.courier.value);
    const stops = (route?.stops ?? []).filter(({ kind }) => kind === "deliver");
    const drops = stops.flatMap((stop) => stop.drops.map((drop) => ({ drop, stop })));
    const option = ({ drop, stop }) =>
      el(
        "option",
        { value: drop },
        t("hand.after", { drop, time: clockTime(stop.departure), place: deskName(stop.place) }),
      );
    const others = drops.filter(({ drop }) => drop !== this.seen.drop.id);
    fill(this.after, el("option", { value: "" }, t("hand.where_it_fits")), others.map(option));
    this.after.value = others.some(({ drop }) => drop === chosen) ? chosen : "";
    this.after.disabled = !others.length;
    this.pinned.disabled = !this.courier.value;
  }

  #courierChosen() {
    this.#offerPlaces();
    this.#chosen();
  }

  #chosen() {
    this.wished = null;
    this.#tried();
  }

  #wish() {
    const courier = this.courier.value || null;
    return { courier, after: (courier && this.after.value) || null, pinned: Boolean(courier) && this.pinned.checked };
  }

  /** Shows what the move would lead to; only the last one asked for counts. */
  async #tried() {
    const turn = ++this.#turn;
    this.go.disabled = true;
    this.#key = newKey();
    setText(this.result, t("hand.trying"));
    try {
      await (this.#looked ??= this.#look());
      if (turn !== this.#turn) return;
      const found = await tryMove(this.seen.drop.id, this.#wish());
      if (turn !== this.#turn) return;
      fill(this.result, consequences(this.model, this.seen.drop, found));
      this.go.disabled = false;
    } catch (error) {
      if (this.seen.tag === null) this.#looked = null;
      if (turn === this.#turn) fill(this.result, el("p", { class: "notice bad" }, sayError(error)));
    }
  }

  async #send() {
    if (this.go.disabled) return;
    this.go.disabled = true;
    try {
      await makeMove(this.model, this.seen, this.#wish(), { key: this.#key });
      this.dialog.close(true);
    } catch (error) {
      if (error instanceof Refused && error.status === 412) await this.#overtaken(error.problem.current);
      else {
        fill(this.said, sayError(error)).hidden = false;
        this.go.disabled = false;
      }
    }
  }

  /** Tells that somebody else was quicker, how it is now, and lets look again. */
  async #overtaken(current) {
    const who = courierName(this.model, current.courier);
    fill(this.said, el("b", {}, t("hand.overtaken")), " ", t("hand.overtaken_now", { courier: who })).hidden = false;
    setText(this.go, t("hand.move_all_the_same"));
    try {
      this.seen = await lookAt(current.id);
      await this.model.refresh("plan");
      this.#offerPlaces(this.after.value || null);
      this.#showNow();
      await this.#tried();
    } catch (error) {
      fill(this.result, el("p", { class: "notice bad" }, sayError(error)));
    }
  }
}
