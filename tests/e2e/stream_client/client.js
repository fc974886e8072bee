// Prints what a stream says, an event a line, and goes on by itself where the server is gone for a while.
import { EventSource } from "eventsource";

const [address, token] = process.argv.slice(2);
const withToken = (url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
const stream = new EventSource(address, { fetch: withToken });
for (const name of ["notification", "domain_event", "unread_count", "reset"]) {
  stream.addEventListener(name, (event) =>
    console.log(JSON.stringify({ name, id: event.lastEventId, data: JSON.parse(event.data) })),
  );
}
