"""
How long a page takes, measured inside it: from an input to the frame that shows what it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

CLOCK = """
(() => {
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));

  /** Resolves with the time of the frame after the one in which something is done. */
  async function shown(isDone) {
    const from = performance.now();
    do {
      if (performance.now() - from > 20_000) throw new Error(`Never came: ${isDone}`);
      await next();
    } while (!isDone());
    await next();
    return performance.now();
  }

  /** Milliseconds from the next event of a kind to the frame that shows what it did. */
  window.timed = (kind, isDone) => new Promise((resolve, reject) => {
    const hear = (event) =>
      shown(() => isDone(event)).then((at) => resolve(at - event.timeStamp), reject);
    addEventListener(kind, hear, { capture: true, once: true });
    setTimeout(() => reject(new Error(`There was no ${kind}.`)), 20_000);
  });

  window.sinceNow = async (work, isDone) => {
    const from = performance.now();
    const found = await work();
    return await shown(() => isDone(found)) - from;
  };

  window.shown = shown;

  /** Begins to note frames; the function returned tells the longest time between two, and ends. */
  window.frames = () => {
    let [longest, before, ended] = [0, null, false];
    const step = (at) => {
      if (before !== null) longest = Math.max(longest, at - before);
      before = at;
      if (!ended) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
    return () => ((ended = true), longest);
  };

  window.tasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.tasks.push([task.startTime, task.duration]);
  }).observe({ type: "longtask", buffered: true });
})();
"""
"""
It is looked at in the callback of a frame, which runs before that is painted; the callback of the
next one runs behind it. Long tasks are those above 50 ms, see
https://www.w3.org/TR/longtasks-1/.
"""


def add_clock(context: BrowserContext) -> None:
    """Gives each page of a context the clock, before anything of its own runs."""
    context.add_init_script(CLOCK)


def first_view(page: Page, path: str, done: str) -> float:
    """Returns the milliseconds from going to a page until an expression holds and is painted."""
    page.goto(path, wait_until="commit")
    return float(page.evaluate(f"() => shown(() => {done})"))


def timed(page: Page, kind: str, act: Callable[[], Any], done: str) -> float:
    """
    Returns the milliseconds from an event until an expression of it holds and is painted.

    ``act`` makes the browser send the event, as a hand would.
    """
    page.evaluate(f"() => {{ window.measured = timed('{kind}', (event) => {done}); }}")
    act()
    return float(page.evaluate("() => window.measured"))


def longest_frame(page: Page, act: Callable[[], Any]) -> float:
    """Returns the longest time between two frames, in milliseconds, while something is done."""
    page.evaluate("() => { window.told = frames(); }")
    act()
    return float(page.evaluate("() => window.told()"))


def long_tasks(page: Page) -> list[float]:
    """Returns the milliseconds of the page's long tasks since this was last asked."""
    found = page.evaluate("() => window.tasks.splice(0)")
    return [float(duration) for _, duration in found]


def spot(page: Page, place: str, across: float = 0.2) -> tuple[float, float]:
    """Returns where the element at a CSS selector is, after it was brought into sight."""
    found = page.locator(place).first
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None, place
    return box["x"] + across * box["width"], box["y"] + box["height"] / 2
