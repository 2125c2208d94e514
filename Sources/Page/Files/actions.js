// What changes something: asked for with the token that lies beside the journal or in the configuration, and never without
// a word before it.

import { announce, h } from "./dom.js";

// Kept for as long as the page is open, and nowhere else. `mogate page` prints an address with it behind the #, which a
// browser sends to nobody.
let token = null;

export function takeToken() {
  const given = /^#token=([A-Za-z0-9._~-]{32,512})$/.exec(location.hash);
  if (!given) return;
  token = given[1];
  history.replaceState(null, "", "#/events");
}

function ask(content, confirm) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "card", "aria-label": confirm },
      h("form", {
        method: "dialog", class: "plain",
        onsubmit: () => { dialog.returnValue = "yes"; },
      }, content, h("div", { class: "ends" },
        h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancel"),
        h("button", { class: "button main" }, confirm))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function askForToken() {
  const field = h("input", {
    class: "field mono", type: "password", autocomplete: "off", required: true,
    pattern: "\\s*[A-Za-z0-9._~\\-]{32,512}\\s*", autofocus: true,
  });
  const isGiven = await ask([
    h("h2", null, "The token"),
    h("p", null, "It is what the configuration names as ", h("code", null, "admin.token"),
      "; else the second line of the file beside the journal that ends in .admin, and another one after each start. ",
      h("code", null, "mogate page"), " prints this page's address with it."),
    h("label", null, "Token", field),
  ], "Go on");
  token = isGiven ? field.value.trim() : null;
  return isGiven;
}

async function post(name, work) {
  if (!token && !(await askForToken())) return null;
  const reply = await fetch(`/api/v1/${name}`, {
    method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` }, body: JSON.stringify(work),
  });
  if (reply.status === 401) {
    token = null;
    throw new Error("that is not the token of this start of mogate");
  }
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

// Where nothing can be changed from here, what would be asked for is not offered (the style sheet sees to that), and the page
// says why.
export function setCanAct(canAct) {
  document.documentElement.dataset.canAct = canAct ? "yes" : "no";
}

export function whyNot(command) {
  return h("p", { class: "note cannot-act" },
    "The journal is a log, and the configuration has no ", h("code", null, "admin.token"), ": what changes something is done by ",
    h("code", null, command), ", and not from here.");
}

// Asks first, then does it, and says what came of it. Returns what came of it; null where it was not done.
export async function act({ title, text, confirm, name, work, tell }) {
  if (!(await ask([h("h2", null, title), h("p", null, text)], confirm))) return null;
  try {
    const answer = await post(name, work);
    if (answer) say(tell(answer), "good");
    return answer;
  } catch (error) {
    say(error.message, "bad");
    return null;
  }
}

// A line at the foot of the page, for a while.
function say(text, look) {
  const line = h("div", { class: `toast ${look}`, popover: "manual" }, h("i", { class: `dot ${look}` }), text);
  document.body.append(line);
  line.showPopover();
  announce(text);
  setTimeout(() => line.remove(), 6000);
}
