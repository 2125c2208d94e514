// Lines over time, drawn as SVG: few ticks, no animation, the values where the pointer is.

import { h, span } from "./dom.js";

const height = 150;
const left = 44;
const bottom = 18;
const right = 6;
const top = 6;

function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// The least round number that is not below: 1, 2, 5, 10, 20 …; of milliseconds beyond a second, round on a clock.
function ceiling(value, isTime) {
  if (!(value > 0)) return 1;
  const clock = [2, 4, 10, 20, 60, 120, 240, 600, 1200, 3600, 7200, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400];
  if (isTime && value > 1000 && value <= clock.at(-1) * 1000) return clock.find((s) => s * 1000 >= value) * 1000;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

// - title: what is plotted. - say: a value as text. - series: [{name, color, points: [[ms, value or null]]}].
// - from, to: the ends of the time axis in ms. - floor: the least that the upper end of the values may be.
// - width: in pixels.
export function plot({ title, note, say, series, from, to, floor = 0, width }) {
  const values = series.flatMap((one) => one.points.map((point) => point[1] ?? 0));
  const most = ceiling(Math.max(floor, ...values), say === span);
  const x = (ms) => left + ((ms - from) / Math.max(1, to - from)) * (width - left - right);
  const y = (value) => top + (1 - value / most) * (height - top - bottom);

  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const label = (at, anchor, text) => svg("text", { x: at[0], y: at[1], "text-anchor": anchor }, text);
  for (const share of [0, 0.5, 1]) {
    const level = y(most * share);
    picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: level, y2: level }));
    picture.append(label([left - 6, level + 3.5], "end", say(most * share)));
  }
  const clock = (ms) => new Date(ms).toTimeString().slice(0, 5);
  // At whole minutes, five at most; at the ends they stay inside.
  const step = [1, 3, 15].map((minutes) => minutes * 60_000).find((ms) => (to - from) / ms <= 5) ?? (to - from) / 4;
  for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) {
    picture.append(label([Math.min(Math.max(x(ms), left + 14), width - right - 14), height - 4], "middle", clock(ms)));
  }
  for (const one of series) {
    let path = "";
    let isDown = false;
    for (const [ms, value] of one.points) {
      if (value === null || ms < from) {
        isDown = false;
        continue;
      }
      path += `${isDown ? "L" : "M"}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
      // A point that stands alone is seen, too.
      if (!isDown) path += "h1.2";
      isDown = true;
    }
    const trace = svg("path", { class: `trace c${one.color}`, d: path, "vector-effect": "non-scaling-stroke" });
    trace.style.stroke = "var(--c)";
    picture.append(trace);
  }

  const cursor = svg("line", { class: "cursor", y1: top, y2: height - bottom, visibility: "hidden" });
  picture.append(cursor);
  const moment = h("span", { class: "dim mono" });
  const figures = series.map((one) => h("b"));
  const show = (index) => {
    series.forEach((one, number) => {
      const value = one.points.at(index)?.[1];
      figures[number].textContent = value === null || value === undefined ? "–" : say(value);
    });
  };
  show(-1);
  picture.addEventListener("pointermove", (event) => {
    const points = series[0]?.points ?? [];
    if (!points.length) return;
    const box = picture.getBoundingClientRect();
    const ms = from + (((event.clientX - box.left) / box.width) * width - left) / (width - left - right) * (to - from);
    let nearest = 0;
    points.forEach((point, index) => {
      if (Math.abs(point[0] - ms) < Math.abs(points[nearest][0] - ms)) nearest = index;
    });
    const at = x(points[nearest][0]);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    cursor.setAttribute("visibility", "visible");
    moment.textContent = new Date(points[nearest][0]).toTimeString().slice(0, 8);
    show(nearest);
  });
  picture.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    moment.textContent = "";
    show(-1);
  });
  const legend = h(
    "ul", { class: "legend" },
    series.map((one, number) => h("li", null, h("i", { class: `c${one.color}` }), one.name, figures[number])));
  return h(
    "figure", { class: "plot" },
    h("figcaption", null, h("span", null, h("strong", null, title), note && h("span", { class: "dim" }, ` ${note}`)), moment),
    picture, legend);
}
