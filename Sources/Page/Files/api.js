// What the page asks of mogate, and nothing else that it talks to.

export async function get(path, items = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(items)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") query.append(name, one);
  }
  const text = query.toString();
  const reply = await fetch(`/api/v1/${path}${text ? "?" + text : ""}`, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new Error(reply.status === 404 ? "not there any more" : `mogate answered ${reply.status}`);
  return reply.json();
}

// Asks again and again while the page is looked at: the next question comes a while after the last answer, so that a slow
// answer makes no queue of questions. Returns what ends it.
export function poll(everyMs, ask) {
  let timer = 0;
  let isOver = false;
  const round = async () => {
    if (!document.hidden) await ask();
    if (!isOver) timer = setTimeout(round, everyMs);
  };
  const wake = () => {
    if (document.hidden || isOver) return;
    clearTimeout(timer);
    round();
  };
  document.addEventListener("visibilitychange", wake);
  round();
  return () => {
    isOver = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  };
}
