// Sources and sinks: how much goes through them, how fast, and what waits.

import { act, whyNot } from "./actions.js";
import { get } from "./api.js";
import { ago, count, emptyState, h, rate, span } from "./dom.js";
import { plot } from "./plot.js";

const minutes = [[5, "5 min"], [15, "15 min"], [60, "1 h"]];
let range = 5;
let samples = [];
let everyMs = 5000;
let started = null;

// What was measured since the page last asked; all of the last hour at first.
export async function refreshHistory(startedAt) {
  // After a restart numbers begin anew.
  if (started !== startedAt) samples = [];
  started = startedAt;
  const answer = await get("history", { after: samples.at(-1)?.n ?? 0 });
  everyMs = answer.everyMs;
  samples = [...samples, ...answer.samples].slice(-answer.samplesMax);
}

export function latest() {
  const last = samples.at(-1);
  if (!last) return {};
  const sum = (index) => Object.values(last.in).reduce((all, row) => all + row[index], 0);
  const perSecond = (number) => number / (everyMs / 1000);
  const p99 = Object.values(last.in).map((row) => row[5]).filter((value) => value !== null);
  return {
    in: perSecond(sum(0) + sum(1)), unavailable: perSecond(sum(3)),
    p99Ms: p99.length ? Math.max(...p99) / 1000 : null,
    behindMs: Math.max(0, ...Object.values(last.out).map((row) => row[4])),
  };
}

function lines(side, value) {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample[side])))].sort();
  return names.map((name, index) => ({
    name, color: index % 6,
    points: samples.map((sample) => [sample.at, sample[side][name] ? value(sample[side][name]) : null]),
  }));
}

export function flowView(main, status) {
  const plots = h("div", { class: "plots" });
  const tables = h("div", { class: "tables" });
  const buttons = minutes.map(([value, name]) =>
    h("button", {
      class: "button", type: "button", "aria-pressed": String(value === range),
      onclick: (event) => {
        range = value;
        buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === event.currentTarget)));
        draw();
      },
    }, name));
  main.append(
    h("div", { class: "tools" }, h("h2", null, "Flow"),
      h("div", { class: "end", role: "group", "aria-label": "How far back" }, buttons)),
    plots, tables);

  const perSecond = (number) => number / (everyMs / 1000);
  const ms = (us) => (us === null ? null : us / 1000);
  const draw = () => {
    // Whoever points at a line is not to have it moved away.
    if (plots.querySelector("svg:hover .trace")) return;
    const to = samples.at(-1)?.at ?? Date.now();
    const from = to - range * 60_000;
    // As many columns as the style sheet makes, less the borders and the padding.
    const columns = Math.max(1, Math.floor((plots.clientWidth + 12) / 302));
    const width = Math.max(200, (plots.clientWidth - 12 * (columns - 1)) / columns - 30);
    const one = (title, note, say, series, floor) => plot({ title, note, say, series, from, to, floor, width });
    plots.replaceChildren(
      one("Callbacks in", "a second, by source", rate, lines("in", (row) => perSecond(row[0] + row[1])), 1),
      one("Answer", "on the disk, p99 by source", span, lines("in", (row) => ms(row[5])), 1),
      one("Not taken", "a second, by source", rate, lines("in", (row) => perSecond(row[2] + row[3])), 1),
      one("Delivered", "a second, by sink", rate, lines("out", (row) => perSecond(row[0])), 1),
      one("End to end", "receipt to sink, p99 by sink", span, lines("out", (row) => ms(row[6])), 1),
      one("Backlog", "events that wait, by sink", count, lines("out", (row) => row[3]), 10),
      one("Oldest that waits", "by sink", span, lines("out", (row) => row[4]), 1000),
      one("Failed attempts", "a second, by sink", rate, lines("out", (row) => perSecond(row[1] + row[2])), 1));
  };
  const list = (now) => {
    tables.replaceChildren(
      h("section", null, h("h2", null, "Sources"), table(
        ["Source", "Provider", "Posts to", "Last event", "#New", "#Again", "#Refused", "#503", "#Quarantined"],
        now.sources.map((source) => [
          health(source.unavailable ? "bad" : source.isVerified ? "good" : "warn", source.name,
            source.unavailable ? "requests were answered 503" : source.isVerified ? "" : "not verified"),
          source.provider + (source.channel ? ` · ${source.channel}` : ""), h("code", null, source.path), ago(source.lastEventAt),
          ...["accepted", "duplicate", "refused", "unavailable", "quarantined"].map((key) => count(source[key])),
        ]), "No sources are configured.")),
      h("section", null, h("h2", null, "Sinks"), table(
        ["Sink", "Goes to", "Oldest that waits", "#Behind", "#Retries", "#Taken", "#Failed", "#Dead letters"],
        now.sinks.map((sink) => [
          health(sink.halt || sink.isDown ? "bad" : sink.retries ? "warn" : "good", sink.name,
            sink.halt ? `halted: ${sink.halt}` : sink.isDown ? "down, only probed" : sink.retries ? "some events wait for another try" : "",
            sink.halt && resume(sink)),
          h("code", null, sink.kind), sink.oldestAt ? ago(sink.oldestAt).replace(" ago", "") : "–",
          ...["lagEvents", "retries", "taken", "later", "deadLetters"].map((key) => count(sink[key])),
        ]), "No sinks are configured: events are kept, and go nowhere.")));
  };
  window.addEventListener("resize", draw);
  const stopWatching = status.watch((now) => {
    draw();
    list(now);
  });
  return () => {
    window.removeEventListener("resize", draw);
    stopWatching();
  };
}

// Of a sink that wanted nothing more: what it said, and the way to go on.
function resume(sink) {
  return [
    h("span", { class: "dim" }, `halted: ${sink.halt}`),
    h("button", {
      class: "button small act", type: "button",
      onclick: () => act({
        title: `Send to ${sink.name} again?`, confirm: "Go on", name: "resume", work: { sink: sink.name },
        text: "It said that it wants nothing more. What came since waits, and goes out first.",
        tell: (done) => (done.wasHalted ? `${sink.name} is sent to again` : `${sink.name} was not halted`),
      }),
    }, "Go on"),
    whyNot(`mogate sinks resume ${sink.name}`),
  ];
}

function health(look, name, problem, more) {
  return h("span", { class: "health", title: problem || "well" },
    h("i", { class: `dot ${look}` }), name, more || h("span", { class: "sr" }, problem || "well"));
}

// A heading that begins with # is of numbers.
function table(headings, rows, nothing) {
  if (!rows.length) return h("div", { class: "panel" }, emptyState(nothing, ""));
  const kind = headings.map((heading) => (heading.startsWith("#") ? "num" : null));
  return h("div", { class: "panel scroll" }, h("table", null,
    h("thead", null, h("tr", null, headings.map((heading, index) =>
      h("th", { scope: "col", class: kind[index] }, heading.replace("#", ""))))),
    h("tbody", null, rows.map((cells) => h("tr", null, cells.map((cell, index) => h("td", { class: kind[index] }, cell)))))));
}
