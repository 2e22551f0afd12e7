/**
 * Elements of pages, made of texts only: nothing that was told to us is ever read as HTML.
 */

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
  else if (value === true) node.setAttribute(name, "");
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
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const wanted = new Map();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const child = kept.get(key) ?? make(item);
    update(child, item, index);
    wanted.set(key, child);
  });
  for (const [key, child] of kept) if (!wanted.has(key)) child.remove();
  let next = parent.firstElementChild;
  for (const child of wanted.values()) {
    // What is in its place is left alone: to move the element with the focus would lose it.
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  // An element that is put elsewhere has lost the focus all the same.
  if (focused && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
  parent.keptChildren = wanted;
  return wanted;
}

/** Returns the element with an id; an error of ours where the page has none. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
