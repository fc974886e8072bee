// Says of each message in a file whether the npm package `standardwebhooks` takes it for genuine.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, messages } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const webhook = new Webhook(secret);
const genuine = messages.map(({ headers, body }) => {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
});
console.log(JSON.stringify(genuine));
