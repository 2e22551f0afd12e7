/**
 * What was given for a drop: a signature, a PIN, photos of the hand-over, to those who may see them.
 */

import { ask, sayError } from "../shared/ask.js";
import { el, fill, svg } from "../shared/dom.js";
import { dayTime } from "../shared/times.js";
import { t } from "../shared/words.js";
import { openDialog } from "./dialog.js";
import { courierName } from "./place_names.js";

/**
 * Returns the list of what was given for a drop by its id, empty for who may not see persons.
 *
 * Photos come after the tap, minutes later from a phone without a network, and no event tells of
 * them: the list is asked for again whenever couriers are, as long as it is shown.
 */
export function proofList(model, drop) {
  const node = el("section", { class: "proofs" });
  if (!model.may("contacts.read")) return node;
  let shown = null;
  const renew = async () => {
    try {
      const { body } = await ask("GET", `/v1/drops/${encodeURIComponent(drop)}/proofs`);
      const is = JSON.stringify(body.items);
      if (is !== shown) fill(node, el("h3", {}, t("hand.proofs")), listed(model, body.items));
      shown = is;
    } catch (error) {
      if (shown === null) fill(node, el("p", { class: "notice bad" }, sayError(error)));
    }
  };
  const off = model.on("couriers", () => (node.isConnected ? renew() : off()));
  renew();
  return node;
}

function listed(model, proofs) {
  if (!proofs.length) return el("p", { class: "soft" }, t("hand.no_proofs"));
  return proofs.map((proof) => el("figure", {}, proof.photo ? photo(model, proof) : drawn(model, proof)));
}

function drawn(model, { kind, courier, at, signature }) {
  const words = t(`hand.proof_${kind}`, { courier: courierName(model, courier), time: dayTime(at) });
  const about = { viewBox: "0 0 300 150", class: "signature", role: "img", "aria-label": words };
  const line = { d: signature, fill: "none", stroke: "currentColor", "stroke-width": 2 };
  return [signature && svg("svg", about, svg("path", line)), el("figcaption", {}, words)];
}

/** A picture is fetched when somebody wants to see it: it shows more of people than words do. */
function photo(model, { courier, at, photo: { sku, path } }) {
  const words = sku ? t("hand.photo_of_line", { sku }) : t("hand.photo_of_all");
  const by = t("hand.photo_by", { courier: courierName(model, courier), time: dayTime(at) });
  const button = el("button", { type: "button", class: "link told" }, words);
  button.addEventListener("click", () => showPicture(words, by, path));
  return [button, el("figcaption", {}, by)];
}

function showPicture(words, by, path) {
  const gone = el("p", { class: "notice bad", role: "alert", hidden: true }, t("hand.photo_gone"));
  const picture = el("img", { src: path, alt: `${words}. ${by}`, class: "photo" });
  picture.addEventListener("error", () => {
    picture.hidden = true;
    gone.hidden = false;
  });
  openDialog(words, el("figure", {}, picture, gone, el("figcaption", {}, by)));
}
