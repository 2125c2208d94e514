// Making elements, and spelling what stands in them. Text is always text: nothing that came from outside is parsed as HTML.

export function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

export function announce(text) {
  byId("announce").textContent = text;
}

const two = (number) => String(number).padStart(2, "0");

export function clock(text, withMs = true) {
  const date = new Date(text);
  const day = date.toDateString() === new Date().toDateString() ? "" : `${two(date.getMonth() + 1)}-${two(date.getDate())} `;
  const ms = withMs ? "." + String(date.getMilliseconds()).padStart(3, "0") : "";
  return `${day}${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${ms}`;
}

export function time(text, withMs = false) {
  return h("time", { datetime: text, title: text }, clock(text, withMs));
}

const tenth = (number) => number.toFixed(1).replace(".0", "");

export function span(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms === 0) return "0";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${tenth(ms)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? tenth(s) : Math.round(s)} s`;
  const both = (large, unit, small, rest) => `${large} ${unit}${small ? ` ${small} ${rest}` : ""}`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return both(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return both(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

export function ago(text) {
  return text ? `${span(Math.max(0, Date.now() - new Date(text)))} ago` : "never";
}

export function count(number) {
  if (number === null || number === undefined) return "–";
  return number.toLocaleString("en").replaceAll(",", " ");
}

export function rate(number) {
  if (number === null || number === undefined) return "–";
  return number >= 100 ? count(Math.round(number)) : number >= 10 ? number.toFixed(0) : tenth(number);
}

export function bytes(number) {
  if (number === null || number === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return `${unit && number < 10 ? number.toFixed(1) : Math.round(number)} ${units[unit]}`;
}

// `mogate.message.received` without what all of them share.
export function typeName(type) {
  return h("span", { class: `type t-${type.split(".")[type.startsWith("mogate.message") ? 2 : 1]}` }, type.replace("mogate.", ""));
}

export function emptyState(title, text, example) {
  return h("div", { class: "empty" }, h("strong", null, title), text, example && h("div", null, h("pre", null, example)));
}

// Rows that open something: by a click, by Enter, and one after the other by j and k.
export function row(open, ...cells) {
  return h(
    "tr",
    {
      class: "opens", tabindex: "0", onclick: open,
      onkeydown: (key) => { if (key.key === "Enter" && key.target === key.currentTarget) open(); },
    },
    ...cells);
}
