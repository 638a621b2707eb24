/* What the shell adds where scripts run. Every page works without: nothing here is the only way to do something.
   The scripts that come after it find what they share with it in `pli`. */

const RENEWAL = "/connexion/renouveler";
const AWAY_AGAIN_AFTER = 8000;
const TALLEST = 100000;
const texts = document.getElementById("pli-texts")?.dataset ?? {};

/* Session: one renewal at a time, then the request once more. */

let renewal = null;

function renewed() {
  renewal ??= fetch(RENEWAL, { method: "POST", headers: { Accept: "application/json" } })
    .then((answer) => answer.ok)
    .catch(() => false)
    .finally(() => { renewal = null; });
  return renewal;
}

async function ask(url, options) {
  const answer = await fetch(url, options);
  return answer.status === 401 && await renewed() ? fetch(url, options) : answer;
}

const repeated = new WeakSet();

async function repeatOnce(element, request) {
  if (repeated.has(element) || !await renewed()) return false;
  repeated.add(element);
  await htmx.ajax(request.verb, request.path, { source: element, target: request.target });
  repeated.delete(element);
  return true;
}

document.addEventListener("htmx:responseError", async (event) => {
  const { xhr, elt, requestConfig, target } = event.detail;
  const again = { verb: requestConfig.verb, path: requestConfig.path, target };
  if (xhr.status === 401 && await repeatOnce(elt, again)) return;
  if (elt.matches("[data-panel]")) sayAway(elt);
  if (elt.closest("[data-quiet]")) return;
  if (xhr.status === 401) sayLogIn(); else say(problemIn(xhr.responseText), "bad");
});

document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt.matches("[data-panel]")) sayAway(event.detail.elt);
  if (!event.detail.elt.closest("[data-quiet]")) say(texts.offline, "bad");
});

/* A panel whose owner is away says so, keeps what it shows, and asks again. */

function sayAway(panel) {
  if (!panel.querySelector("[data-away]")) {
    const words = Object.assign(document.createElement("p"), { className: "state warn", textContent: texts.away });
    words.dataset.away = "";
    words.setAttribute("role", "status");
    panel.append(words);
  }
  setTimeout(() => htmx.trigger(panel, "pli:panel"), AWAY_AGAIN_AFTER);
}

function problemIn(body) {
  try {
    const problem = JSON.parse(body);
    return [problem.title, problem.next].filter(Boolean).join(" ");
  } catch {
    return texts.problem;
  }
}

/* Toasts: said by the live region, closed by their cross, gone with the page. */

const toasts = document.getElementById("toasts");

function say(text, kind = "good", link = null) {
  if (!toasts || !text) return;
  const toast = document.createElement("div");
  toast.className = `toast ${kind}`;
  const words = document.createElement("p");
  words.textContent = text;
  if (link) words.append(" ", Object.assign(document.createElement("a"), { href: link.href, textContent: link.text }));
  toast.append(words, cross());
  toasts.replaceChildren(toast);
  document.documentElement.dataset.toast = "";
}

/* What was said and is not so any more. */
function withdraw(text) {
  for (const toast of toasts?.querySelectorAll(".toast") ?? []) {
    if (toast.querySelector("p").textContent === text) closeToast(toast);
  }
}

function closeToast(toast) {
  toast.remove();
  if (!toasts.children.length) delete document.documentElement.dataset.toast;
}

function sayLogIn() {
  document.dispatchEvent(new Event("pli:session-over"));
}

function cross() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn plain";
  button.dataset.closeToast = "";
  button.setAttribute("aria-label", texts.close);
  button.textContent = "×";
  return button;
}

/* A live region is only heard when it changes: what came with the page is said after a moment beside it, unseen. */

function sayAgain() {
  const words = toasts?.querySelector("p")?.textContent;
  if (!words) return;
  const heard = document.getElementById("heard");
  setTimeout(() => { heard.textContent = words; }, 150);
  setTimeout(() => { heard.textContent = ""; }, 5000);
}

/* Presses, by attributes. */

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = at("[data-close-toast]"))) closeToast(found.closest(".toast"));
  else if ((found = at("[data-copy]"))) copy(found);
  else if ((found = at("[data-reveal]"))) reveal(found);
  else if (at("[data-print]")) print();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(button.dataset.copied ?? texts.copied);
  } catch {
    say(texts.notCopied, "bad");
  }
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

/* One event stream a page, closed while the tab is hidden. An event means: fetch this again. */

class Live {
  constructor(element) {
    this.url = element.dataset.stream;
    this.names = element.dataset.streamEvents.split(" ");
    this.pause = 1000;
    document.addEventListener("visibilitychange", () => this.follow());
    this.follow();
  }

  follow() {
    if (document.visibilityState === "hidden") this.close();
    else if (!this.source) this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.source = new EventSource(this.url);
    this.source.addEventListener("open", () => { this.pause = 1000; this.names.forEach(tell); });
    this.names.forEach((name) => this.source.addEventListener(name, () => tell(name)));
    this.source.addEventListener("error", () => this.again());
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  async again() {
    /* The token may have run out: it is renewed before each new connection. */
    this.close();
    const alive = await renewed();
    if (!alive) this.pause = Math.min(this.pause * 2, 60000);
    this.timer = setTimeout(() => this.follow(), this.pause * (0.5 + Math.random()));
  }
}

function tell(name) {
  htmx.trigger(document.body, `pli:${name}`);
}

/* Dressing a page, or a piece that came later. */

const dressed = new WeakSet();

function each(root, selector, act) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches?.(selector)) found.unshift(root);
  for (const element of found) {
    if (dressed.has(element)) continue;
    dressed.add(element);
    act(element);
  }
}

function dress(root) {
  each(root, "[data-close-toast], [data-reveal], [data-js]", (element) => { element.hidden = false; });
  each(root, "iframe[data-fit]", fit);
  each(root, "[data-counted]", count);
}

function count(field) {
  const counter = document.getElementById(field.dataset.counted);
  if (!counter) return;
  const tell = () => {
    const long = [...field.value].length;
    counter.textContent = `${long} / ${counter.dataset.most}`;
    counter.classList.toggle("over", long > Number(counter.dataset.most));
  };
  field.addEventListener("input", tell);
  tell();
}

/* In the middle of its list, when that has a scroll bar of its own; the page itself stays where it is. */

function bringIntoSight(element) {
  const box = element.closest("nav");
  if (box && box.scrollHeight > box.clientHeight) {
    box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
  }
}

function fit(frame) {
  const measure = () => {
    const inside = frame.contentDocument?.documentElement;
    if (inside) frame.style.blockSize = `${Math.min(Math.ceil(inside.getBoundingClientRect().height), TALLEST)}px`;
  };
  frame.addEventListener("load", measure);
  new ResizeObserver(measure).observe(frame.parentElement);
  measure();
}

globalThis.pli = { ask, dress, problemIn, say, sayLogIn, texts, withdraw };
dress(document.body);
document.querySelectorAll("[data-in-sight]").forEach(bringIntoSight);
sayAgain();
document.querySelector("[data-focus]")?.focus();
document.addEventListener("htmx:afterSettle", (event) => dress(event.detail.elt));
const stream = document.querySelector("[data-stream]");
if (stream) document.readyState === "complete" ? new Live(stream) : addEventListener("load", () => new Live(stream));
