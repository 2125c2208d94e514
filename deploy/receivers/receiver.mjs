// Takes events from mogate: verifies, deduplicates, decodes. Nothing but Node 18 or later.
//
//     WEBHOOK_SECRET=whsec_… PORT=8090 node receiver.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
// In earnest: a unique key in your database, written in the transaction that does what is to be done.
const seen = new Set();

// https://www.standardwebhooks.com; the package `standardwebhooks` does the same.
function isAuthentic(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false;
  const code = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return signature.startsWith("v1,") && given.length === code.length && timingSafeEqual(given, code);
  });
}

function handle(event) {
  console.log(JSON.stringify(event));
}

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  if (!isAuthentic(request.headers, body)) return response.writeHead(401).end();
  const event = JSON.parse(body);
  if (!seen.has(event.id)) {
    handle(event);
    seen.add(event.id);
  }
  response.writeHead(204).end();
});
server.listen(Number(process.env.PORT ?? 8090), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
