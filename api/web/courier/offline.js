/**
 * Lets a worker keep the page on the phone.
 */

/** Has all files of the page kept, so that it opens in a lift too. */
export async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  const found = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const own = found.filter((url) => url.pathname.startsWith("/assets/"));
  const files = [...new Set(own.map((url) => url.pathname))];
  const other = document.documentElement.lang === "en" ? "zh-CN" : "en";
  const spoken = files.filter((path) => path.startsWith("/assets/words/"));
  files.push(...spoken.map((path) => path.replace(/words\/[^/]+/, `words/${other}`)));
  try {
    await navigator.serviceWorker.register("/assets/courier/worker.js", { scope: "/courier" });
    const ready = await navigator.serviceWorker.ready;
    ready.active.postMessage({ files });
  } catch {
    // Without a worker the page lasts as long as it is open.
  }
}
