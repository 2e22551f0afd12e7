/**
 * The stream of what happens, which is taken up again where it broke off.
 *
 * By `fetch` and not by `EventSource`: that can send no token, and does not say how old what it
 * last heard is.
 */

import { whoAsks } from "./ask.js";

/** Milliseconds without a byte after which a stream is taken for dead; the service pings at 15 s. */
const SILENCE_MS = 35_000;

/** Milliseconds before the first and the last of the tries to come back. */
const WAITS_MS = [500, 15_000];

/**
 * Listens until `stop()` of what is returned is called.
 *
 * `path` is that of the stream; `heard(name, data)` is called for each event, `reset` among them:
 * then events were missed, and all has to be fetched anew. `stateChanged(isLive)` tells when the
 * stream is there, and at each try that failed that it is not: another request may have been
 * answered meanwhile. `lost()` tells that it is refused: the session or token is over.
 * `ageMs()` of what is returned is how long ago the service was last heard.
 */
export function listen(path, { heard, stateChanged = () => {}, lost = () => {} }) {
  const stream = { last: null, at: performance.now(), tries: 0, ended: false };
  const run = async () => {
    while (!stream.ended) {
      const outcome = await once(path, stream, heard, stateChanged).catch(() => "broken");
      if (stream.ended) return;
      stateChanged(false);
      if (outcome === "refused") return lost();
      await pause(wait(stream.tries++), stream);
    }
  };
  run();
  const wake = () => stream.wake?.();
  addEventListener("online", wake);
  return {
    ageMs: () => performance.now() - stream.at,
    stop() {
      stream.ended = true;
      removeEventListener("online", wake);
      stream.control?.abort();
      wake();
    },
  };
}

/** Returns the milliseconds to wait before a try: twice as many each time, some by chance. */
function wait(tries) {
  const [first, most] = WAITS_MS;
  return Math.min(most, first * 2 ** tries) * (0.5 + Math.random() / 2);
}

function pause(ms, stream) {
  return new Promise((resolve) => {
    stream.wake = resolve;
    setTimeout(resolve, ms);
  });
}

async function once(path, stream, heard, stateChanged) {
  stream.control = new AbortController();
  const headers = { Accept: "text/event-stream", ...whoAsks() };
  if (stream.last !== null) headers["Last-Event-ID"] = stream.last;
  const signal = stream.control.signal;
  const quiet = watchSilence(stream);
  try {
    const answer = await fetch(path, { headers, signal, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) return "refused";
    if (!answer.ok) return "broken";
    stream.tries = 0;
    stream.at = performance.now();
    stateChanged(true);
    await drain(answer.body.getReader(), stream, heard);
    return "ended";
  } finally {
    clearInterval(quiet);
  }
}

function watchSilence(stream) {
  const began = performance.now();
  return setInterval(() => {
    if (performance.now() - Math.max(stream.at, began) > SILENCE_MS) stream.control.abort();
  }, 1000);
}

async function drain(reader, stream, heard) {
  const decoder = new TextDecoder();
  const event = { name: "", data: [] };
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    stream.at = performance.now();
    const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const line of lines) takeLine(line, event, stream, heard);
  }
}

function takeLine(line, event, stream, heard) {
  if (line === "") {
    if (event.name) heard(event.name, event.data.length ? JSON.parse(event.data.join("\n")) : {});
    event.name = "";
    event.data = [];
    return;
  }
  const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
  if (field === "event") event.name = value ?? "";
  else if (field === "data") event.data.push(value ?? "");
  else if (field === "id") stream.last = value ?? null;
}
