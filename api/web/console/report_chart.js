/**
 * Charts of a report: bars of own making, each with its figures in the table beside.
 */

import { el, svg } from "../shared/dom.js";
import { span } from "../shared/times.js";
import { t } from "../shared/words.js";

const WIDTH = 520;
const NAME = 150;
const END = 64;
const ROW = 26;
const BAR = 16;
const MOST = 24;
const LONGEST = 20;
const STATES = ["kept", "late", "breached", "open"];

/** Returns bars of how promises stand, one for each group: kept, late, breached, not decided. */
export function shareChart(items, name) {
  const rows = items.slice(0, MOST);
  const most = Math.max(1, ...rows.map((row) => row.promised - row.cancelled));
  const bars = rows.map((row, i) => {
    const counts = { ...row, open: row.running + row.paused };
    let x = NAME;
    const parts = STATES.map((state) => {
      const width = ((WIDTH - NAME - END) * counts[state]) / most;
      x += width;
      return width ? svg("rect", { class: `bar ${state}`, x: x - width, y: i * ROW + 5, width, height: BAR }) : null;
    });
    const share = row.kept_share === null ? "" : `${Math.floor(row.kept_share * 100)} %`;
    return [label(name(row), i), parts, ending(share, x, i)];
  });
  const legend = el(
    "ul",
    { class: "legend" },
    STATES.map((state) => el("li", {}, el("span", { class: `swatch ${state}` }), t(`report.state_${state}`))),
  );
  return figure(t("report.chart_shares"), rows.length, bars, legend, items.length);
}

/** Returns bars of how late those that were late are: 95 of 100 of them no more than that. */
export function lateChart(items, name) {
  const rows = items.filter((row) => row.late_p95_s !== null).slice(0, MOST);
  const most = Math.max(60, ...rows.map((row) => row.late_p95_s));
  const bars = rows.map((row, i) => {
    const width = (seconds) => ((WIDTH - NAME - END) * seconds) / most;
    return [
      label(name(row), i),
      svg("rect", { class: "bar late", x: NAME, y: i * ROW + 5, width: width(row.late_p95_s), height: BAR }),
      svg("line", {
        class: "median",
        x1: NAME + width(row.late_p50_s),
        x2: NAME + width(row.late_p50_s),
        y1: i * ROW + 3,
        y2: i * ROW + 23,
      }),
      ending(span(row.late_p95_s), NAME + width(row.late_p95_s), i),
    ];
  });
  const legend = el("p", { class: "soft" }, rows.length ? t("report.late_legend") : t("report.none_late"));
  return figure(t("report.chart_late"), rows.length, bars, legend, rows.length);
}

function figure(title, rows, bars, legend, all) {
  const height = Math.max(1, rows) * ROW + 4;
  return el(
    "figure",
    {},
    el("figcaption", {}, title),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": t("report.chart_label", { title }) },
      hatching(),
      bars.flat(3),
    ),
    legend,
    all > rows ? el("p", { class: "soft" }, t("report.first_n", { n: rows, all })) : null,
  );
}

/** Patterns, so that nobody has to tell states apart by colour. */
function hatching() {
  const pattern = (id, angle) =>
    svg(
      "pattern",
      { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})` },
      svg("rect", { width: 6, height: 6, class: `ground-${id}` }),
      svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "stroke" }),
    );
  return svg("defs", {}, pattern("hatch-late", 45), pattern("hatch-breached", -45));
}

function label(text, i) {
  const letters = [...String(text)];
  const short = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : text;
  return svg("text", { x: NAME - 8, y: i * ROW + 18, "text-anchor": "end" }, short, svg("title", {}, text));
}

function ending(text, x, i) {
  return svg("text", { class: "value", x: x + 6, y: i * ROW + 18 }, text);
}
