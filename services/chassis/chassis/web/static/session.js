/* The session as the person sees it: kept alive by what they do, announced before its end, nothing typed lost.
   auth alone knows when it ends. Tabs tell each other, so that what is done in one counts in all. */

const RENEWAL = "/connexion/renouveler";
const ACTIVITY = "/connexion/activite";
const SESSION = "/connexion/session";
const MINUTE = 60 * 1000;
const ACTIVITY_EVERY = 4 * MINUTE;
const IDLE_WARNING = 5 * MINUTE;
const LONG_WARNING = 15 * MINUTE;
const LOOK_EVERY = 15 * 1000;
const SHARED = "pli-session";

/* What is known of it: when something was last done, and when it ends, idle or at its longest. */

const FOREVER = Number.MAX_SAFE_INTEGER;
const known = { doneAt: 0, idleAt: FOREVER, longAt: FOREVER, longSaid: 0 };

function share() {
  try { localStorage.setItem(SHARED, JSON.stringify(known)); } catch { /* this tab alone, then */ }
}

function recall() {
  try { Object.assign(known, JSON.parse(localStorage.getItem(SHARED) ?? "{}")); } catch { /* nothing was shared */ }
}

async function learn(method, address) {
  const answer = await fetch(address, { method, headers: { Accept: "application/json" } });
  if (answer.status === 401) {
    if (!overSaid) show("over");
    return false;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const left = await answer.json();
  known.idleAt = Date.now() + left.idle * 1000;
  known.longAt = Date.now() + left.longest * 1000;
  share();
  return true;
}

/* Typing, uploads, downloads and opening a page are activity, said at most every four minutes. */

function noteActivity() {
  if (Date.now() - known.doneAt < ACTIVITY_EVERY) return;
  stay().catch(() => { known.doneAt = 0; });
}

async function stay() {
  known.doneAt = Date.now();
  await learn("POST", ACTIVITY);
}

/* Looking at the clock; auth is asked before anything is said. */

const left = (end) => known[end] - Date.now();
const longWasSaid = () => Math.abs(known.longSaid - known.longAt) < 2 * MINUTE;
let overSaid = false;

function isDue() {
  if (Math.min(left("idleAt"), left("longAt")) <= 0) return true;
  if (shown()) return false;
  return left("idleAt") <= IDLE_WARNING || (left("longAt") <= LONG_WARNING && !longWasSaid());
}

async function look() {
  recall();
  if (shown() === "idle" && left("idleAt") > IDLE_WARNING) close();
  if (overSaid) { await lookForLogIn(); return; }
  if (!isDue()) return;
  await learn("GET", SESSION);
  if (shown()) return;
  if (left("longAt") <= LONG_WARNING && !longWasSaid()) sayLongest();
  else if (left("idleAt") <= IDLE_WARNING && known.idleAt < known.longAt) show("idle");
}

/* The person may have logged in again in another tab. */

async function lookForLogIn() {
  if (document.visibilityState !== "visible" || !await learn("GET", SESSION)) return;
  overSaid = false;
  if (shown() === "over") close();
  document.dispatchEvent(new Event("pli:session-back"));
}

function sayLongest() {
  known.longSaid = known.longAt;
  share();
  show("long");
}

/* The dialog, in its three forms. */

let dialog = null;

function shown() { return dialog?.dataset.shown; }

function close() {
  dialog?.close();
}

function show(form) {
  if (shown() === form) return;
  close();
  overSaid = form === "over";
  const made = document.getElementById("pli-session").content.cloneNode(true).firstElementChild;
  const at = new Date(form === "long" ? known.longAt : known.idleAt);
  const time = at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  for (const words of made.querySelectorAll("[data-idle]")) words.textContent = words.dataset[form].replace("{time}", time);
  for (const button of made.querySelectorAll("[data-for]")) if (button.dataset.for !== form) button.remove();
  const before = document.activeElement;
  made.dataset.shown = form;
  made.querySelector("[data-for]").addEventListener("click", () => press(form));
  made.addEventListener("cancel", () => { if (form === "idle") stay().catch(() => {}); });
  made.addEventListener("close", () => {
    made.remove();
    if (dialog === made) { dialog = null; before?.focus?.(); }
  });
  dialog = made;
  document.body.append(made);
  made.showModal();
}

function press(form) {
  if (form === "over") { logInAgain(); return; }
  close();
  if (form === "idle") stay().catch(() => { known.doneAt = 0; });
}

/* After its end: what was typed is brought along and is in the page again after the log-in. */

function logInAgain() {
  const here = location.pathname + location.search;
  const fields = typed();
  document.body.dataset.leaving = "";
  if (!fields.length) { location.assign(`${RENEWAL}?vers=${encodeURIComponent(here)}`); return; }
  const form = document.createElement("form");
  form.method = "post";
  form.action = document.body.dataset.keeping;
  for (const [name, value] of [["_page", here], ...fields]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}

function typed() {
  const forms = [...document.querySelectorAll("main form[method=post], dialog form[method=post]")];
  const changed = forms.filter((form) => [...form.elements].some(isChanged));
  return changed.flatMap((form) => [...new FormData(form)]).filter(([, value]) => typeof value === "string");
}

function isChanged(field) {
  if (field.type === "hidden" || field.type === "password") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return "defaultValue" in field && field.value !== field.defaultValue;
}

recall();
document.addEventListener("input", noteActivity);
document.addEventListener("pli:activity", noteActivity);
document.addEventListener("pli:session-over", () => show("over"));
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-download]")) noteActivity(); });
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") look().catch(() => {}); });
addEventListener("storage", (event) => { if (event.key === SHARED) look().catch(() => {}); });
if (performance.getEntriesByType("navigation")[0]?.type !== "reload") noteActivity();
setInterval(() => look().catch(() => {}), LOOK_EVERY);
