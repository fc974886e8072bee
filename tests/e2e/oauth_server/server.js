// A provider of OpenID Connect in a process of its own, which says on its standard output what it was asked for.

import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { OAuth2Server } from "oauth2-mock-server";

const [port, life] = process.argv.slice(2).map(Number);
const server = new OAuth2Server();

function tell(happening) {
  process.stdout.write(`${JSON.stringify(happening)}\n`);
}

server.service.on("beforeResponse", (response, request) => {
  response.body.expires_in = life;
  const { grant_type, refresh_token } = request.body;
  tell({ asked: grant_type, sent: refresh_token, gave: response.body });
});
server.service.on("beforeRevoke", async (response, request) => {
  tell({ asked: "revocation", sent: new URLSearchParams(await text(request)).get("token") });
});

await server.issuer.keys.generate("RS256");
await server.start(port, "127.0.0.1");
server.issuer.url = `http://127.0.0.1:${server.address().port}`;
tell({ issuer: server.issuer.url });

// It ends with whoever has started it.
createInterface({ input: process.stdin }).on("close", () => process.exit());
