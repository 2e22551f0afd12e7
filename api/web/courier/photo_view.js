/**
 * Where photos are added to a hand-over: of a line, or of the whole.
 */

import { el, fill, setText } from "../shared/dom.js";
import { t } from "../shared/words.js";
import { scaled } from "./picture.js";

const MOST = 8;

/** The photos of one hand-over, over all its fields. */
export class Roll {
  #taken = [];
  #fields = [];

  /**
   * Returns a field to add photos by.
   * @param {string | null} sku of the line they are of, null for the hand-over as a whole
   * @param {string} words
   */
  field(sku, words) {
    const input = el("input", { type: "file", accept: "image/*", capture: "environment" });
    const add = el("label", { class: "add-photo" }, input, words);
    const fault = el("p", { class: "hint", role: "status" });
    const strip = el("ul", { class: "photos" });
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.value = "";
      if (file) this.#add(sku, file, strip, fault);
    });
    this.#fields.push(add);
    return el("div", { class: "photo-field" }, strip, add, fault);
  }

  /**
   * Returns what was taken, of the lines that are wanted: `{sku, picture}`, a promise of a blob.
   * @param {(sku: string) => boolean} isWanted
   */
  photos(isWanted) {
    return this.#taken.filter(({ sku }) => sku === null || isWanted(sku));
  }

  #add(sku, file, strip, fault) {
    const photo = { sku, picture: scaled(file) };
    const shown = el("li", {});
    this.#taken.push(photo);
    this.#full();
    setText(fault, "");
    strip.append(shown);
    const remove = () => {
      this.#taken = this.#taken.filter((each) => each !== photo);
      shown.remove();
      this.#full();
    };
    photo.picture.then((picture) => {
      if (picture) return fill(shown, small(picture), removal(remove));
      setText(fault, t("courier.photo_bad"));
      return remove();
    });
  }

  #full() {
    for (const add of this.#fields) add.hidden = this.#taken.length >= MOST;
  }
}

function small(picture) {
  const shown = el("img", { alt: t("courier.photo"), src: URL.createObjectURL(picture) });
  shown.addEventListener("load", () => URL.revokeObjectURL(shown.src));
  return shown;
}

function removal(remove) {
  const about = { type: "button", class: "step", "aria-label": t("courier.photo_remove") };
  return el("button", { ...about, on: { click: remove } }, "×");
}
