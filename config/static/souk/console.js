"use strict";

const MOST = 500; // frames that are kept on the page
const at = (id) => document.getElementById(id);
const forms = { logIn: at("log-in"), connect: at("connect"), follow: at("follow") };
let access = null; // in memory alone: it is gone with the page
let wire = null;
let count = 0;

// --- HTTP ---------------------------------------------------------------------------------------------------

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (access) headers.Authorization = `Bearer ${access}`;
  const answer = await fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail || answer.statusText);
  return told;
}

forms.logIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(forms.logIn));
  access = null;
  try {
    access = (await post("/auth/token", { email, password })).access;
    at("who").textContent = `Logged in as ${email}. Each connection takes a ticket of its own.`;
  } catch (refusal) {
    at("who").textContent = refusal.message;
  }
});

at("log-out").addEventListener("click", () => {
  access = null;
  at("who").textContent = "A guest: the stock of products is open to everybody.";
});

// --- The socket ---------------------------------------------------------------------------------------------

forms.connect.addEventListener("submit", async (event) => {
  event.preventDefault();
  disconnect();
  show("idle", "connecting");
  try {
    open(await address(Object.fromEntries(new FormData(forms.connect))));
  } catch (refusal) {
    show("ended", refusal.message);
  }
});

async function address({ socket, products, after, coalesce }) {
  const query = new URLSearchParams();
  if (access) query.append("ticket", (await post("/auth/websocket-ticket", {})).ticket);
  if (socket === "inventory") for (const one of products.split(/[\s,]+/)) if (one) query.append("product", one);
  if (after) query.append("after", after);
  if (coalesce) query.append("coalesce", coalesce);
  return `${document.body.dataset.sockets}/${socket}?${query}`;
}

function open(url) {
  const mine = (wire = new WebSocket(url));
  mine.addEventListener("open", () => { show("live", "connected"); at("disconnect").disabled = false; });
  mine.addEventListener("message", ({ data }) => take(JSON.parse(data)));
  mine.addEventListener("close", ({ code, reason }) => {
    if (wire !== mine) return;
    wire = null;
    at("disconnect").disabled = true;
    show("ended", `closed: ${code} ${reason}`.trim());
  });
}

function disconnect() {
  if (wire) wire.close();
}

at("disconnect").addEventListener("click", disconnect);

function take(frame) {
  if (frame.id) forms.connect.elements.after.value = frame.id; // the next connection resumes from here
  add(frame.type === "error" ? "error" : frame.type.includes(".") ? "event" : "own", frame);
}

forms.follow.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = { type: event.submitter.value, product: forms.follow.elements.product.value };
  if (!wire || wire.readyState !== WebSocket.OPEN) return show("ended", "connect first");
  wire.send(JSON.stringify(said));
  add("said", said);
});

// --- The page -----------------------------------------------------------------------------------------------

function show(kind, text) {
  at("state").className = kind;
  at("state").textContent = text;
}

function add(kind, frame) {
  const line = document.createElement("li");
  const head = document.createElement("div");
  const told = [frame.type, frame.id && `cursor ${frame.id}`, frame.at, kind === "said" && "said by you"];
  for (const [number, text] of told.filter(Boolean).entries()) {
    const part = document.createElement(number === 0 ? "strong" : "span");
    part.textContent = text;
    head.append(part);
  }
  const body = document.createElement("pre");
  body.textContent = JSON.stringify(kind === "said" ? frame : frame.data);
  line.className = kind;
  line.append(head, body);
  at("frames").prepend(line);
  while (at("frames").childElementCount > MOST) at("frames").lastElementChild.remove();
  at("count").textContent = String((count += 1));
  at("empty").hidden = true;
}

at("clear").addEventListener("click", () => {
  at("frames").replaceChildren();
  at("count").textContent = String((count = 0));
  at("empty").hidden = false;
});

forms.connect.elements.socket.addEventListener("change", (event) => {
  for (const part of document.querySelectorAll(".of-inventory")) part.hidden = event.target.value !== "inventory";
});
