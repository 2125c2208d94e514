// JSON for reading: indented and coloured, without being parsed into numbers that would lose digits.

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],])|\s+/g;
const hidden = '"•••"';

// The text as nodes; as it is where it is no JSON.
export function pretty(text) {
  const pre = document.createElement("pre");
  pre.className = "code";
  pre.tabIndex = 0;
  try {
    JSON.parse(text);
  } catch {
    pre.textContent = text;
    return pre;
  }
  let depth = 0;
  const line = () => pre.append("\n" + "  ".repeat(depth));
  const piece = (kind, value) => {
    const element = document.createElement("span");
    element.className = kind;
    element.textContent = value;
    pre.append(element);
  };
  let last = "";
  for (const [, string, colon, number, word, mark] of text.matchAll(token)) {
    const isFirst = last === "{" || last === "[";
    if (mark === "{" || mark === "[") {
      if (isFirst) line();
      pre.append(mark);
      depth += 1;
    } else if (mark === "}" || mark === "]") {
      depth -= 1;
      if (!isFirst) line();
      pre.append(mark);
    } else if (mark === ",") {
      pre.append(",");
      line();
    } else if (string ?? number ?? word) {
      if (isFirst) line();
      if (string && colon) piece("k", string);
      else if (string) piece(string === hidden ? "hide" : "s", string);
      else piece(number ? "n" : "l", number ?? word);
      if (colon) pre.append(": ");
    } else {
      continue;
    }
    last = mark ?? "value";
  }
  return pre;
}
