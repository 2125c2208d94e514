// Events as they come, and events that were looked for.

import { get, poll } from "./api.js";
import { announce, byId, count, emptyState, h, row, time, typeName } from "./dom.js";
import { openEvent } from "./event.js";

const rowsMax = 300;
const pageRows = 100;
// Of more at once nothing is lit up: it would say nothing, and a browser has work with it for as long as it lasts.
const litMax = 20;
const types = ["message.received", "consent.changed", "message.status", "message.sent", "provider.notice"];
const channels = ["sms", "mms", "rcs", "viber", "whatsapp", "email", "imessage", "unknown"];

// What is looked for survives a look at another view.
const wanted = { q: "", type: "", channel: "", source: "" };

export function eventsView(main, status) {
  const body = h("tbody");
  const note = h("span", { class: "note", role: "status" });
  const held = h("button", { class: "more", type: "button", hidden: true, onclick: () => release() });
  const older = h("button", { class: "more foot", type: "button", hidden: true, onclick: () => more() });
  const empty = h("div", { hidden: true });
  const table = h(
    "table", { class: "cards" },
    h("caption", { class: "sr" }, "Events, the newest first"),
    h("thead", null, h("tr", null,
      ["Received", "Type", "Channel", "Source", "End user", "What"].map((name) => h("th", { scope: "col" }, name)),
      h("th", { scope: "col", class: "num" }, "Number"))),
    body);
  let newest = 0;
  let waiting = [];
  // Whether events are missing between those that wait and those that are shown.
  let isGap = false;
  let next = null;
  let isPaused = false;
  let generation = 0;
  let stop = () => {};

  const q = h("input", {
    class: "field search", type: "search", id: "search", "aria-label": "Search events",
    placeholder: "Number, vendor's id, event id, or text", value: wanted.q, autocomplete: "off", spellcheck: "false",
  });
  const choice = (name, title, options) => {
    const field = h(
      "select", { class: "field", "aria-label": title, onchange: () => { wanted[name] = field.value; start(); } },
      h("option", { value: "" }, title), options.map((option) => h("option", { value: option }, option)));
    field.value = wanted[name];
    return field;
  };
  const sources = (status.last?.sources ?? []).map((source) => source.name);
  const pause = h("button", {
    class: "button", type: "button", "aria-pressed": "false", id: "pause", title: "p",
    onclick: () => {
      isPaused = !isPaused;
      pause.setAttribute("aria-pressed", isPaused);
      pause.textContent = isPaused ? "Paused" : "Pause";
      if (!isPaused) release();
    },
  }, "Pause");
  main.append(
    h("form", { class: "tools", role: "search", onsubmit: (event) => { event.preventDefault(); look(); } },
      q, choice("type", "All types", types), choice("channel", "All channels", channels),
      choice("source", "All sources", sources), h("div", { class: "end" }, note, pause)),
    h("div", { class: "panel" }, held, h("div", { class: "scroll" }, table), empty, older));

  let typing = 0;
  const look = () => {
    clearTimeout(typing);
    if (wanted.q === q.value.trim()) return;
    wanted.q = q.value.trim();
    start();
  };
  q.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(look, 250);
  });

  const asked = () => ({
    q: wanted.q, channel: wanted.channel, source: wanted.source, type: wanted.type && `mogate.${wanted.type}`,
  });
  const line = (event, isFresh) => {
    const element = row(
      () => openEvent(event.id, { next: () => step(event.id, 1), previous: () => step(event.id, -1) }),
      h("td", { class: "mono dim" }, time(event.receivedAt, true)),
      h("td", null, typeName(event.type)),
      h("td", { class: "dim" }, event.channel),
      h("td", { class: "dim" }, event.source),
      h("td", { class: "mono" }, event.subject ?? "–"),
      h("td", { class: "rest dim" }, event.gist),
      h("td", { class: "num mono dim" }, count(event.sequence)));
    if (isFresh) element.classList.add("fresh");
    element.dataset.id = event.id;
    element.dataset.number = event.sequence;
    return element;
  };
  // The event beside an open one, in the order of the list.
  const step = (id, by) => {
    const rows = [...body.rows];
    return rows[rows.findIndex((one) => one.dataset.id === id) + by]?.dataset.id;
  };
  const release = () => {
    // Between two rows of the list nothing is left out: what was before a gap is under Older.
    if (isGap) body.replaceChildren();
    body.prepend(...waiting.map((event) => line(event, waiting.length <= litMax)));
    while (body.rows.length > rowsMax) body.lastChild.remove();
    if (isGap || body.rows.length === rowsMax) setNext(Number(body.lastChild.dataset.number));
    waiting = [];
    isGap = false;
    held.hidden = true;
  };

  const first = async () => {
    const mine = ++generation;
    note.textContent = wanted.q ? "searching" : "";
    const page = await get("events", { ...asked(), limit: pageRows });
    if (mine !== generation) return;
    body.replaceChildren(...page.events.map((event) => line(event)));
    newest = page.events[0]?.sequence ?? 0;
    tail(page);
    if (wanted.q) {
      const found = `${page.events.length} found${next ? " so far" : ""}`;
      note.textContent = found;
      announce(found);
    }
    showEmpty();
  };
  const setNext = (number) => {
    next = number;
    older.hidden = next === null;
  };
  const tail = (page) => {
    setNext(page.next);
    older.textContent = wanted.q ? "Search further back" : "Older";
  };
  const more = async () => {
    const page = await get("events", { ...asked(), limit: pageRows, before: next });
    body.append(...page.events.map((event) => line(event)));
    tail(page);
    if (wanted.q) note.textContent = `${body.rows.length} found${next ? " so far" : ""}`;
  };
  // Whoever reads is not to have the rows moved away: what comes then waits behind a button.
  const isReading = () =>
    isPaused || window.scrollY > 60 || body.contains(document.activeElement) || document.querySelector("dialog[open]");
  const live = async () => {
    const mine = generation;
    const page = await get("events", { ...asked(), limit: pageRows });
    if (mine !== generation) return;
    const fresh = page.events.filter((event) => event.sequence > newest);
    if (!fresh.length) return;
    newest = fresh[0].sequence;
    // More came than one answer holds.
    const isAll = fresh.length === page.events.length && page.next !== null;
    const all = isAll ? fresh : [...fresh, ...waiting];
    isGap ||= isAll || all.length > rowsMax;
    waiting = all.slice(0, rowsMax);
    if (isReading()) {
      held.hidden = false;
      held.textContent = `${isGap ? "More than " : ""}${waiting.length} new`;
    } else {
      release();
    }
    showEmpty();
  };
  const showEmpty = () => {
    empty.hidden = body.rows.length > 0 || waiting.length > 0;
    table.parentElement.hidden = !empty.hidden;
    const isNarrowed = wanted.q || wanted.type || wanted.channel || wanted.source;
    empty.replaceChildren(
      isNarrowed
        ? emptyState("Nothing found", next ? "Nothing among the newest events; there are older ones." : "No event is like that.")
        : emptyState("No events yet", "Point a vendor's webhook here, or be the vendors yourself:", "mogate simulate"));
  };
  const guarded = (ask) => async () => {
    try {
      await ask();
    } catch (error) {
      note.textContent = error.message;
    }
  };
  const start = () => {
    stop();
    waiting = [];
    isGap = false;
    held.hidden = true;
    pause.hidden = Boolean(wanted.q);
    let isFirst = true;
    const ask = guarded(() => (isFirst ? first().then(() => { isFirst = false; }) : live()));
    // A search looks once; a list goes on.
    if (wanted.q) {
      ask();
      stop = () => { generation += 1; };
    } else {
      stop = poll(1000, ask);
    }
  };
  start();
  return () => {
    generation += 1;
    stop();
  };
}
