// The page: which view is shown, how everything stands, and the keys.

import { setCanAct, takeToken } from "./actions.js";
import { get, poll } from "./api.js";
import { announce, byId, bytes, count, h, rate, span } from "./dom.js";
import { closeSheet } from "./event.js";
import { eventsView } from "./events.js";
import { flowView, latest, refreshHistory } from "./flow.js";
import { deadLettersView, driftView, quarantineView } from "./trouble.js";

const views = {
  "#/events": eventsView, "#/flow": flowView, "#/quarantine": quarantineView, "#/dead-letters": deadLettersView,
  "#/drift": driftView,
};
const main = byId("main");
const links = [...byId("views").children];

// How everything stands, for whoever watches.
const status = {
  last: null,
  watchers: new Set(),
  watch(told) {
    this.watchers.add(told);
    if (this.last) told(this.last);
    return () => this.watchers.delete(told);
  },
};

let leave = () => {};
function show() {
  const place = views[location.hash] ? location.hash : "#/events";
  leave();
  closeSheet();
  main.replaceChildren();
  links.forEach((link) => {
    if (link.hash === place) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  document.title = `${links.find((link) => link.hash === place).firstChild.textContent} – mogate`;
  window.scrollTo(0, 0);
  leave = views[place](main, status);
}

// MARK: How everything stands

function setState(look, text) {
  const state = byId("state");
  if (state.lastChild.textContent === text) return;
  state.firstChild.className = `dot ${look}`;
  state.lastChild.textContent = text;
}

function badge(id, number) {
  const element = byId(id);
  element.hidden = !number;
  element.textContent = number > 999 ? "999+" : number;
}

function strip(now) {
  const flow = latest();
  const dead = now.sinks.reduce((sum, sink) => sum + sink.deadLetters, 0);
  const retries = now.sinks.reduce((sum, sink) => sum + sink.retries, 0);
  const down = now.sinks.filter((sink) => sink.isDown).length;
  const journal = now.journal ?? {};
  const cell = (name, value, unit, look) =>
    h("div", { class: look }, h("dt", null, name), h("dd", null, value, unit && h("small", null, ` ${unit}`)));
  byId("strip").replaceChildren(
    cell("Callbacks in", rate(flow.in), "a second"),
    cell("Answer p99", span(flow.p99Ms ?? null), null, flow.p99Ms > 1000 ? "warn" : null),
    cell("Oldest that waits", span(flow.behindMs ?? null), null, flow.behindMs > 60_000 ? "warn" : null),
    cell("Retries", count(retries), null, retries ? "warn" : null),
    cell("Sinks down", count(down), `of ${now.sinks.length}`, down ? "bad" : null),
    cell("Events kept", count(journal.events ?? null), null, "spare"),
    cell("Free disk", bytes(journal.freeBytes ?? null), null, journal.freeBytes !== null && journal.freeBytes < 1 << 30 ? "warn" : null));
  badge("badge-quarantine", journal.quarantine ?? 0);
  badge("badge-dead-letters", dead);
}

poll(2500, async () => {
  try {
    const now = await get("status");
    await refreshHistory(now.startedAt);
    status.last = now;
    setCanAct(now.canAct);
    setState(now.isReady ? "good" : "bad", now.isReady ? "ready" : now.problem);
    strip(now);
    status.watchers.forEach((told) => told(now));
  } catch {
    setState("bad", "mogate does not answer");
  }
});

// MARK: Colours

const themes = [["", "as the system has them"], ["light", "light"], ["dark", "dark"]];
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  byId("theme").setAttribute("aria-label", `Colours: ${themes.find(([name]) => name === theme)[1]}`);
}
setTheme(themes.some(([name]) => name === localStorage.getItem("theme")) ? localStorage.getItem("theme") : "");
byId("theme").addEventListener("click", () => {
  const index = themes.findIndex(([name]) => name === document.documentElement.dataset.theme);
  const [theme, name] = themes[(index + 1) % themes.length];
  setTheme(theme);
  announce(`Colours: ${name}`);
});

// MARK: Keys

function move(by) {
  const rows = [...main.querySelectorAll("tbody tr.opens")];
  if (!rows.length) return;
  const index = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, index < 0 ? 0 : index + by))].focus();
}

document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey || document.querySelector("dialog[open]")) return;
  if (key.target.matches("input, select, textarea")) {
    if (key.key === "Escape") key.target.blur();
    return;
  }
  if (key.key === "/") {
    key.preventDefault();
    if (location.hash !== "#/events" && location.hash !== "") location.hash = "#/events";
    setTimeout(() => byId("search")?.focus());
  } else if (key.key === "j") move(1);
  else if (key.key === "k") move(-1);
  else if (key.key === "Escape") document.activeElement.blur();
  else if (key.key === "p") byId("pause")?.click();
  else if (key.key === "?") byId("help").showModal();
  else if (links[Number(key.key) - 1]) location.hash = links[Number(key.key) - 1].hash;
});
byId("keys").addEventListener("click", () => byId("help").showModal());
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

window.addEventListener("hashchange", show);
takeToken();
show();
