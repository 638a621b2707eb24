/* A page shown as a dialog. While its owner is away one stays, with what was typed; else the link is followed. */

const { ask, dress, problemIn, say, sayLogIn, texts } = globalThis.pli;

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = at("a[data-close-dialog]")) && found.closest("dialog")) {
    event.preventDefault();
    found.closest("dialog").close();
  } else if ((found = at("a[data-dialog]")) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openDialog(found);
  }
});

async function openDialog(link) {
  const answer = await ask(link.dataset.dialog || link.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer) { say(texts.offline, "bad"); return; }
  if (answer.status >= 500) { say(texts.problem, "bad"); return; }
  if (!answer.ok) { location.assign(link.href); return; }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "titre-dialogue");
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  dialog.addEventListener("submit", (event) => sendFrom(dialog, event));
  document.body.append(dialog);
  fill(dialog, parsed(await answer.text()));
  dialog.showModal();
}

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

function fill(dialog, page) {
  dialog.replaceChildren(...page.getElementById("contenu").childNodes);
  dress(dialog);
  htmx.process(dialog);
}

/* A form in a dialog: what is wrong with it is said there, and nothing is lost of it. Files go as they would. */

async function sendFrom(dialog, event) {
  const { target: form, submitter: button } = event;
  if (event.defaultPrevented || form.method !== "post" || form.enctype === "multipart/form-data") return;
  event.preventDefault();
  if ("busy" in form.dataset) return;
  form.dataset.busy = "";
  const typed = new URLSearchParams(new FormData(form));
  if (button?.name) typed.append(button.name, button.value);
  const where = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const headers = { Accept: "text/html", "X-Pli-Dialog": "1" };
  const answer = await ask(where, { method: "POST", headers, body: typed }).catch(() => null);
  delete form.dataset.busy;
  if (!answer) complain(dialog, texts.offline);
  else if (answer.redirected) location.assign(answer.url);
  else if (answer.status === 401) sayLogIn();
  else await refused(dialog, answer);
}

async function refused(dialog, answer) {
  const body = await answer.text();
  const page = answer.headers.get("content-type")?.includes("html") && parsed(body);
  if (page && page.getElementById("titre-dialogue")) {
    fill(dialog, page);
    dialog.querySelector("[data-focus]")?.focus();
  } else {
    const told = page && [...page.querySelectorAll("main .note.bad li")].map((each) => each.textContent).join(" ");
    complain(dialog, page ? told || texts.problem : problemIn(body));
  }
}

function complain(dialog, words) {
  const note = dialog.querySelector("[data-complaint]") ?? document.createElement("p");
  Object.assign(note, { className: "note bad", textContent: words, tabIndex: -1 });
  note.dataset.complaint = "";
  note.setAttribute("role", "alert");
  dialog.querySelector("#titre-dialogue").closest(".line").after(note);
  note.focus();
}
