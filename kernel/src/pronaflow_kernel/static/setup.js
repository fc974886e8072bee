// The form behind the one-time link /setup#token=...: the token stays in the fragment, which no browser sends
// to a server or writes into a Referer; it leaves the page only in the body of the one request below.
const form = document.getElementById("form");
const problem = document.getElementById("problem");
const button = form.querySelector("button");
const fields = ["email", "username", "password"];
const token = new URLSearchParams(location.hash.slice(1)).get("token");

function show(message, errors = []) {
  for (const name of fields) {
    const own = errors.filter((error) => error.field === name).map((error) => error.message);
    document.getElementById(`${name}-error`).textContent = own.join("\n");
    form.elements[name].setAttribute("aria-invalid", String(own.length > 0));
  }
  const others = errors.filter((error) => !fields.includes(error.field));
  problem.textContent = [message, ...others.map((error) => `${error.field}: ${error.message}`)].join("\n");
  const first = fields.find((name) => errors.some((error) => error.field === name));
  (first ? form.elements[first] : problem).focus();
}

async function send() {
  const values = Object.fromEntries(fields.map((name) => [name, form.elements[name].value]));
  const response = await fetch("api/v1/auth/setup", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...values }),
  });
  const answer = await response.json();
  if (!answer.success) {
    show(answer.error.message, answer.error.details?.errors);
    return;
  }
  history.replaceState(null, "", location.pathname);
  document.getElementById("name").textContent = values.username;
  document.getElementById("done").hidden = false;
  form.hidden = true;
  document.getElementById("done").focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await send();
  } catch {
    show("The server gave no answer that this page understands. Is it still running?");
  } finally {
    button.disabled = false;
  }
});

if (!token) {
  show("This address has no token. Open the whole link that the server printed.");
  button.disabled = true;
}
