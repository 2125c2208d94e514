// What did not go as it should: what was not understood, what was not delivered, and what is new to us.

import { act, whyNot } from "./actions.js";
import { get } from "./api.js";
import { bytes, count, emptyState, h, row, time, typeName } from "./dom.js";
import { closeSheet, openEvent, showSheet } from "./event.js";
import { pretty } from "./json.js";

// A list that is asked for once, and again when it is told to.
// - actions: buttons beside the title.
function listView(main, title, about, headings, load, actions = []) {
  const body = h("tbody");
  const empty = h("div", { hidden: true });
  const note = h("span", { class: "note", role: "status" });
  const more = h("button", { class: "more foot", type: "button", hidden: true, onclick: () => fill(false) }, "More");
  const table = h("table", { class: "cards" },
    h("caption", { class: "sr" }, title),
    h("thead", null, h("tr", null, headings.map((name) => h("th", { scope: "col", class: name.startsWith("#") ? "num" : null }, name.replace("#", ""))))),
    body);
  main.append(
    h("div", { class: "tools" }, h("h2", null, title), h("span", { class: "dim" }, about),
      h("div", { class: "end" }, note, actions, h("button", { class: "button", type: "button", onclick: () => fill(true) }, "Look again"))),
    h("div", { class: "panel" }, h("div", { class: "scroll" }, table), empty, more));
  let next = null;
  const fill = async (isAnew) => {
    try {
      const page = await load(isAnew ? null : next);
      next = page.next ?? null;
      if (isAnew) body.replaceChildren();
      body.append(...page.rows);
      more.hidden = next === null;
      empty.hidden = body.rows.length > 0;
      table.parentElement.hidden = !empty.hidden;
      empty.replaceChildren(page.empty);
      note.textContent = "";
    } catch (error) {
      note.textContent = error.message;
    }
  };
  fill(true);
  return { again: () => fill(true) };
}

export function quarantineView(main) {
  const open = async (number, isRevealed = false) => {
    const item = await get(`quarantine/${number}`, { reveal: isRevealed || "" });
    const redecoding = h("section", { "aria-label": "Read again", "aria-live": "polite" });
    showSheet(
      `Quarantine ${count(item.number)}`,
      [
        h("button", { class: "button main", type: "button", onclick: () => readAgain(item, redecoding, isRevealed, list) }, "Read again"),
        h("button", { class: "button", type: "button", "aria-pressed": String(isRevealed), onclick: () => open(number, !isRevealed) },
          isRevealed ? "Hide what was written" : "Show what was written"),
      ],
      h("dl", { class: "facts" },
        [["Where", item.path], ["Reason", item.reason], ["Source", `${item.source} (${item.provider})`], ["Request", item.requestId]].map(
          ([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)))),
      redecoding,
      h("section", { "aria-label": "As the vendor sent it" },
        h("h3", null, "As the vendor sent it", h("span", { class: "dim" }, bytes(item.bodyBytes))),
        item.body === null ? h("p", { class: "note" }, "It is no JSON; what was written is hidden.") : pretty(item.body)));
  };
  const list = listView(
    main, "Quarantine", "authentic, answered 200, and not understood: nothing of it is lost",
    ["When", "Source", "Where", "Reason", "#Bytes", "#Number"],
    async (after) => {
      const page = await get("quarantine", { after, limit: 100 });
      return {
        next: page.next,
        empty: emptyState("Nothing is in quarantine", "Every callback was understood."),
        rows: page.items.map((item) => row(
          () => open(item.number),
          h("td", { class: "mono dim" }, time(item.at)), h("td", null, item.source), h("td", null, h("code", null, item.path)),
          h("td", { class: "wide line" }, item.reason), h("td", { class: "num dim" }, bytes(item.bodyBytes)),
          h("td", { class: "num mono dim" }, count(item.number)))),
      };
    });
  return () => {};
}

// What today's decoders make of a request, before any of it is added.
async function readAgain(item, place, isRevealed, list) {
  const found = await get(`redecodings/${item.requestId}`, { reveal: isRevealed || "" });
  if (!found.isKnown) {
    place.replaceChildren(h("p", { class: "note" }, "It is not known any more how its sender was proved."));
    return;
  }
  const news = found.events.filter((event) => event.verdict === "new").length;
  const isFaultless = found.faults.length === 0;
  const add = h("button", {
    class: "button main act", type: "button",
    onclick: async () => {
      const answer = await act({
        title: "Add what is new?", confirm: "Add", name: "redecode", work: { requests: [item.requestId] },
        text: "New events get numbers of their own and go to the sinks. What was delivered before is not changed.",
        tell: (done) => `${done.newEvents} new events, ${done.settledFaults} out of quarantine`,
      });
      if (!answer) return;
      closeSheet();
      list.again();
    },
  }, "Add what is new");
  place.replaceChildren(
    h("h3", null, "Read again, by the decoders of now",
      h("span", { class: "dim" }, isFaultless ? "it is understood whole" : `${found.faults.length} ${found.faults.length === 1 ? "part is" : "parts are"} not understood`)),
    ...found.events.map((event) => h("div", { class: "found" },
      h("div", null, h("strong", null, event.verdict), " ", typeName(event.type), " ", h("code", { class: "dim" }, event.id)),
      event.differences.length ? h("pre", { class: "code", tabindex: "0" }, event.differences.flatMap((one) => [
        one.before !== null && h("del", null, `- ${one.path}: ${one.before}`),
        one.after !== null && h("ins", null, `+ ${one.path}: ${one.after}`),
      ].filter(Boolean))) : null)),
    ...found.faults.map((fault) => h("div", { class: "found" }, h("div", null, h("strong", null, "not understood"), " ", h("code", null, fault.path), ` ${fault.reason}`))),
    news || isFaultless
      ? h("div", { class: "note" }, add, whyNot("mogate redecode --quarantined --apply"))
      : h("p", { class: "note" }, "Nothing is new: an update of mogate may read it."));
}

export function deadLettersView(main, status) {
  const replay = async (sink, work, what) => {
    const answer = await act({
      title: `Send ${what} to ${sink} again?`, confirm: "Send again", name: "replay", work: { sink, ...work },
      text: "With the same ids and the same bytes, at the sink's own pace. What fails again comes back here.",
      tell: (done) => `${count(done.sinks.reduce((sum, share) => sum + share.events, 0))} on their way to ${sink} again`,
    });
    if (answer) list.again();
  };
  main.append(whyNot("mogate replay --dead-letters"));
  const all = h("span", { class: "ends plain act" });
  const stop = status.watch((now) => {
    if (all.contains(document.activeElement)) return;
    all.replaceChildren(...now.sinks.filter((sink) => sink.deadLetters).map((sink) =>
      h("button", { class: "button", type: "button", onclick: () => replay(sink.name, { deadLetters: true }, `all ${count(sink.deadLetters)}`) },
        `Send all of ${sink.name} again`)));
  });
  const list = listView(
    main, "Dead letters", "given up after the configured patience, or refused for good",
    ["When", "Sink", "Reason", "#Attempts", "Type", "End user", "#Number", "Again"],
    async (after) => {
      const page = await get("dead-letters", { after, limit: 100 });
      return {
        next: page.next,
        empty: emptyState("No dead letters", "Every sink was given what it wants."),
        rows: page.letters.map((letter) => row(
          () => openEvent(letter.event.id),
          h("td", { class: "mono dim" }, time(letter.at)), h("td", null, letter.sink),
          h("td", { class: "wide line" }, letter.reason), h("td", { class: "num" }, count(letter.attempts)),
          h("td", null, typeName(letter.event.type)), h("td", { class: "mono" }, letter.event.subject ?? "–"),
          h("td", { class: "num mono dim" }, count(letter.event.sequence)),
          h("td", null, h("button", {
            class: "button small act", type: "button", "aria-label": `Send number ${letter.event.sequence} to ${letter.sink} again`,
            onclick: (event) => {
              event.stopPropagation();
              replay(letter.sink, { ids: [letter.event.id] }, "it");
            },
          }, "Send again")))),
      };
    }, all);
  return stop;
}

export function driftView(main) {
  listView(
    main, "Drift", "fields, words and shapes that this version does not know; each is kept where it stood",
    ["Provider", "What", "Where", "Word", "#Seen", "First", "Last"],
    async (after) => {
      const page = await get("drift", { after, limit: 200 });
      return {
        next: page.next,
        empty: emptyState("Nothing new", "The vendors send what this version knows."),
        rows: page.sightings.map((sighting) => h("tr", null,
          h("td", null, sighting.provider), h("td", { class: "dim" }, sighting.kind), h("td", null, h("code", null, sighting.path)),
          h("td", { class: "wide" }, sighting.word ? h("code", null, sighting.word) : ""), h("td", { class: "num" }, count(sighting.count)),
          h("td", { class: "mono dim" }, time(sighting.first)), h("td", { class: "mono dim" }, time(sighting.last)))),
      };
    });
  return () => {};
}
