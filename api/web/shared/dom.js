/**
 * Elements of pages, made of texts only: nothing that was told to us is ever read as HTML.
 */

import { longestRising } from "./staying.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Returns an element.
 *
 * `about` has its attributes; besides, `on` has listeners by event, `style` properties set through
 * the CSSOM (the policy of pages forbids the attribute), `data` entries of `dataset`. Attributes
 * that are null, undefined or false are left out, true is an empty one. Children are nodes, texts,
 * numbers, or lists of them; null and undefined are left out.
 */
export function el(tag, about = {}, ...children) {
  return dressed(document.createElement(tag), about, children);
}

/** Returns an element of SVG; the rest as `el`. */
export function svg(tag, about = {}, ...children) {
  return dressed(document.createElementNS(SVG, tag), about, children);
}

function dressed(node, { on = {}, style = {}, data = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  for (const [name, value] of Object.entries(style)) node.style.setProperty(name, value);
  for (const [name, value] of Object.entries(data)) node.dataset[name] = value;
  node.append(...nodes(children));
  return node;
}

/** Sets an attribute, or takes it away where the value is null, undefined or false. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (value === true) node.toggleAttribute(name, true);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** Puts children into an element in place of those it has. */
export function fill(node, ...children) {
  node.replaceChildren(...nodes(children));
  return node;
}

/** Sets a text where it is another one, so that nothing is announced or drawn anew in vain. */
export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

/**
 * Makes the children of an element those of a list, one for each item, and keeps those there are:
 * focus, selection and scrolling stay where they were.
 *
 * `keyOf` tells items apart; `make` returns a new child, `update(child, item, index)` shows an item
 * in it. Returns the children by key.
 */
export function keep(parent, items, keyOf, make, update) {
  const kept = parent.keptChildren ?? new Map();
  const wanted = new Map();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const child = kept.get(key) ?? make(item);
    update(child, item, index);
    wanted.set(key, child);
  });
  for (const [key, child] of kept) if (!wanted.has(key)) child.remove();
  arrange(parent, [...wanted.values()]);
  parent.keptChildren = wanted;
  return wanted;
}

/**
 * Puts children in their order, and moves as few as can be: each that moves is laid out and painted
 * anew. What has the focus is not moved, since it would lose it.
 */
function arrange(parent, children) {
  const places = new Map([...parent.children].map((child, place) => [child, place]));
  const there = children.filter((child) => places.has(child));
  const focused = there.findIndex((child) => child.contains(document.activeElement));
  const isBeside = (child, i) => (i < focused) === (places.get(child) < places.get(there[focused]));
  const mayStay = focused < 0 ? there : there.filter(isBeside);
  const staying = longestRising(mayStay.map((child) => places.get(child)));
  let next = null;
  for (const child of children.reverse()) {
    if (!staying.has(places.get(child))) parent.insertBefore(child, next);
    next = child;
  }
}

/** Returns the element with an id; an error of ours where the page has none. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
