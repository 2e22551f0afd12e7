/**
 * A ground to sign on, and what was signed as an SVG path of straight lines.
 */

import { el } from "../shared/dom.js";

const WIDTH = 300;
const HEIGHT = 150;
const NEAR = 2;
const MOST = 7_900;

/**
 * Returns the pad: its `element`, the `path()` signed so far, empty for none, and `clear()`.
 * @param {{label: string, changed: () => void}} about
 */
export function signaturePad({ label, changed }) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  ground.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  ground.setAttribute("aria-hidden", "true");
  ground.append(line);
  const element = el("div", { class: "pad", role: "img", "aria-label": label }, ground);
  let path = "";
  let last = null;

  function draw(next) {
    path = next;
    line.setAttribute("d", path);
    changed();
  }

  function at(event) {
    const box = ground.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const y = ((event.clientY - box.top) / box.height) * HEIGHT;
    return [bounded(x, WIDTH), bounded(y, HEIGHT)];
  }

  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    last = at(event);
    if (path.length < MOST) draw(`${path}M${last[0]} ${last[1]}`);
    event.preventDefault();
  });
  element.addEventListener("pointermove", (event) => {
    if (!last) return;
    const [x, y] = at(event);
    if (Math.abs(x - last[0]) + Math.abs(y - last[1]) < NEAR || path.length >= MOST) return;
    last = [x, y];
    draw(`${path}L${x} ${y}`);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    element.addEventListener(name, () => {
      last = null;
    });
  }
  return { element, path: () => (path.includes("L") ? path : ""), clear: () => draw("") };
}

function bounded(value, most) {
  return Math.max(0, Math.min(most, Math.round(value)));
}
