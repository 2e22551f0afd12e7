/**
 * How promises were kept in a period: figures, a chart, and the same as a file.
 */

import { ask, sayError } from "../shared/ask.js";
import { el, fill, setAttribute } from "../shared/dom.js";
import { now, span } from "../shared/times.js";
import { onLanguage, t } from "../shared/words.js";
import { groupName } from "./report_words.js";
import { lateChart, shareChart } from "./report_chart.js";
import { dayOf, nextDay } from "./replay_days.js";
import { learnNames, onNames } from "./place_names.js";

const GROUPS = ["service", "hour", "courier", "building", "channel", "store"];
const COUNTS = ["promised", "kept", "late", "breached", "running", "paused", "cancelled"];

/** Returns the report; it is fetched anew each time it is shown. */
export function reportPanel(model) {
  const today = dayOf(now());
  const form = {
    from: el("input", { type: "date", id: "report-since", required: true, value: today }),
    to: el("input", { type: "date", id: "report-until", required: true, value: today }),
    by: el("select", { id: "report-by" }),
  };
  const file = el("a", { class: "button", download: "promises.csv" });
  const said = el("p", { role: "status", class: "soft" });
  const body = el("div", { class: "report-body" });
  const head = el("h2");
  const labels = Object.entries(form).map(([name, field]) => [el("label", { for: field.id }), name, field]);
  const node = el(
    "div",
    { class: "report" },
    el(
      "header",
      {},
      head,
      el(
        "form",
        { class: "row", on: { submit: (event) => event.preventDefault() } },
        labels.map(([label, , field]) => el("div", { class: "field" }, label, field)),
        file,
      ),
    ),
    said,
    body,
  );
  let shown = null;
  let turn = 0;
  const write = () => {
    head.textContent = t("report.title");
    file.textContent = t("report.csv");
    for (const [label, name] of labels) label.textContent = t(`report.field_${name}`);
    const by = form.by.value || GROUPS[0];
    fill(
      form.by,
      GROUPS.map((name) => el("option", { value: name }, t(`report.by_${name}`))),
    );
    form.by.value = by;
    if (shown) fill(body, drawn(model, shown));
  };
  const renew = async () => {
    const mine = ++turn;
    if (!form.from.value || !form.to.value) return;
    const query = new URLSearchParams({ from: form.from.value, to: nextDay(form.to.value), by: form.by.value });
    setAttribute(file, "href", `/v1/promises/report?${query}&format=csv`);
    try {
      const { body: found } = await ask("GET", `/v1/promises/report?${query}`);
      if (mine !== turn) return;
      shown = found;
      fill(body, drawn(model, shown));
      fill(said, t("report.shown", { n: found.total.promised }));
      said.className = "soft";
    } catch (error) {
      if (mine !== turn) return;
      fill(said, sayError(error));
      said.className = "notice bad";
    }
  };
  for (const field of Object.values(form)) field.addEventListener("change", renew);
  node.addEventListener("shown", renew);
  onLanguage(write);
  onNames(write);
  learnNames().catch(() => {});
  write();
  return node;
}

function drawn(model, { by, items, total }) {
  const name = (row) => groupName(model, by, row.group);
  return [
    summary(total),
    items.length
      ? el("div", { class: "charts" }, shareChart(items, name), lateChart(items, name))
      : el("p", { class: "soft empty" }, t("report.nothing")),
    table(by, items, total, name),
  ];
}

function summary(total) {
  const figure = (name, value, about) =>
    el(
      "li",
      { class: name },
      el("b", {}, value),
      el("span", {}, t(`report.${name}`)),
      about ? el("small", {}, about) : null,
    );
  return el(
    "ul",
    { class: "tiles" },
    figure(
      "kept_share",
      percent(total.kept_share),
      t("report.of_n", { n: total.kept + total.late + total.breached }),
    ),
    figure("late", total.late, percent(total.late_share)),
    figure("breached", total.breached, percent(total.breached_share)),
    figure("late_p95", total.late_p95_s === null ? "—" : span(total.late_p95_s), null),
    figure("running", total.running, null),
  );
}

/** Returns a share as `97.3 %`, a dash for null. */
export function percent(share) {
  return share === null ? "—" : `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

function table(by, items, total, name) {
  const cells = (row) => [
    ...COUNTS.map((count) => el("td", {}, row[count])),
    el("td", { class: "is-good" }, percent(row.kept_share)),
    ...["late_p50_s", "late_p95_s"].map((late) => el("td", {}, row[late] === null ? "—" : span(row[late]))),
  ];
  const line = (row, title) =>
    el("tr", { data: { group: row.group } }, el("th", { scope: "row", class: "told" }, title), cells(row));
  const heads = [...COUNTS, "kept_share", "late_p50", "late_p95"];
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": t("report.table") },
    el(
      "table",
      { class: "figures-table" },
      el("caption", { class: "unseen" }, t("report.table")),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, t(`report.by_${by}`)),
          heads.map((head) => el("th", { scope: "col" }, t(`report.${head}`))),
        ),
      ),
      el(
        "tbody",
        {},
        items.map((row) => line(row, name(row))),
      ),
      el("tfoot", {}, line(total, t("report.all"))),
    ),
  );
}
