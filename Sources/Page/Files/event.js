// One event, whole: what it came to beside what the vendor sent, and what became of it since.

import { get } from "./api.js";
import { bytes, byId, count, h, time, typeName } from "./dom.js";
import { pretty } from "./json.js";

const sheet = byId("sheet");
let around = {};
let shown = null;

export function closeSheet() {
  if (sheet.open) sheet.close();
}

export function showSheet(title, actions, ...content) {
  sheet.replaceChildren(
    h("div", { class: "sheet-head" },
      h("h2", { id: "sheet-title" }, title),
      h("div", { class: "end" }, actions, h("button", { class: "button", type: "button", onclick: closeSheet, "aria-label": "Close" }, "✕"))),
    h("div", { class: "sheet-body" }, content));
  if (!sheet.open) sheet.showModal();
}

sheet.addEventListener("click", (event) => {
  if (event.target === sheet) closeSheet();
});
sheet.addEventListener("close", () => {
  shown = null;
  document.querySelectorAll("tr.opens").forEach((row) => row.classList.remove("fresh"));
});

// The keys of an open event.
sheet.addEventListener("keydown", (key) => {
  if (!shown || key.ctrlKey || key.metaKey || key.altKey) return;
  if (key.key === "r") openEvent(shown.id, around, !shown.isRevealed);
  const beside = key.key === "j" ? around.next?.() : key.key === "k" ? around.previous?.() : undefined;
  if (beside) openEvent(beside, around);
});

const fact = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));

export async function openEvent(id, neighbours = {}, isRevealed = false) {
  const answer = await get(`events/${id}`, { reveal: isRevealed || "" });
  const { event, request, canonical } = answer;
  shown = { id, isRevealed };
  around = {
    next: neighbours.next && (() => stepFrom(event.id, 1)),
    previous: neighbours.previous && (() => stepFrom(event.id, -1)),
  };
  const reveal = h(
    "button",
    { class: "button", type: "button", "aria-pressed": String(isRevealed), title: "r", onclick: () => openEvent(id, around, !isRevealed) },
    isRevealed ? "Hide what was written" : "Show what was written");
  const whole = JSON.parse(canonical);
  const data = whole.data ?? {};
  showSheet(
    typeName(event.type), reveal,
    h("dl", { class: "facts" },
      fact("End user", h("span", { class: "mono" }, event.subject ?? "–")),
      fact("Channel", event.channel),
      fact("What", event.gist || "–"),
      fact("Source", `${event.source} (${event.provider})`),
      fact("Vendor's id", h("span", { class: "mono" }, data.providerMessageId ?? "–")),
      fact("Event id", h("span", { class: "mono" }, event.id)),
      fact("Number", h("span", { class: "mono" }, count(event.sequence))),
      whole.traceparent ? fact("Trace", h("span", { class: "mono" }, whole.traceparent)) : null),
    data.provenance?.warnings?.length ? h("div", { class: "note" }, `Read leniently: ${data.provenance.warnings.join("; ")}`) : null,
    trace(answer.happenings),
    h("div", { class: "pair" },
      h("section", { "aria-label": "Canonical" },
        h("h3", null, "Canonical", h("span", { class: "dim" }, isRevealed ? "as it goes out" : "what was written is hidden")), pretty(canonical)),
      h("section", { "aria-label": "As the vendor sent it" },
        h("h3", null, "As the vendor sent it", request && h("span", { class: "dim" }, bytes(request.bodyBytes))),
        request ? raw(request) : h("p", { class: "note" }, "The request is no longer kept."))));
  sheet.querySelector("button").focus();
}

function stepFrom(id, by) {
  const rows = [...document.querySelectorAll("tr[data-id]")];
  return rows[rows.findIndex((row) => row.dataset.id === id) + by]?.dataset.id;
}

function raw(request) {
  const body = request.body === null
    ? h("p", { class: "note" }, "It is no JSON; what was written is hidden.")
    : pretty(request.body);
  return [
    body,
    h("h3", null, "Header fields that are kept"),
    h("pre", { class: "code", tabindex: "0" }, request.headers.map((header) => `${header.name}: ${header.value}`).join("\n") || "none"),
  ];
}

const looks = { received: "good", taken: "good", failed: "warn", waiting: "warn", "given up": "bad" };

// Every try that is kept, by time, and how it stands with each sink now.
function trace(happenings) {
  return h("section", { "aria-label": "What became of it" },
    h("h3", null, "What became of it"),
    h("ol", { class: "steps" }, happenings.map(({ at, what, sink, words }) => h("li", { class: looks[what] ?? null },
      at ? time(at, true) : h("span", { class: "now" }, "now"),
      sink && h("strong", null, `${sink} `), `${what}, ${words}`))));
}
