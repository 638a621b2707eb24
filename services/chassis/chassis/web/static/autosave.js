/* Autosave: one second after typing stops, one request at a time, again until it is saved. `told` is the last
   thing that was said aloud: true for saved, false for not saved. What is not saved is sent by no button, for the
   page that answers may be one that knows nothing of it; who leaves by another way is asked first.

   What was typed in the last moment before a reload is saved on the way out, and may reach the server only after the
   page that comes was made. So it is noted in this tab, and put back into that page, which goes on as the one before:
   under its name and its revision, so that what another device saved meanwhile is still met as that. */

const SAVE_AFTER = 1000;
const SAVE_AGAIN_AFTER = 5000;
const SAVE_WITHIN = 10000;
const NOTED_FOR = 30 * 60 * 1000;
const { ask, say, sayLogIn, texts, withdraw } = globalThis.pli;

/* A browser may have no room for notes, or allow none: what is typed is saved all the same. */
function noting(act) {
  try { return act(); } catch { return null; }
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = document.getElementById(form.dataset.autosaveStatus);
    this.note = `pli-typed:${form.dataset.autosave}`;
    this.dirty = false;
    form.addEventListener("input", () => this.touched());
    form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.hidden();
    });
    document.addEventListener("pli:session-back", () => { if (this.dirty) this.save(); });
    addEventListener("pageshow", (event) => this.shown(event.persisted));
    addEventListener("beforeunload", (event) => {
      if (this.leavesWords() && !("leaving" in document.body.dataset)) event.preventDefault();
    });
    this.putBack();
  }

  leavesWords() {
    return this.elsewhere || (this.dirty && (this.told === false || !navigator.onLine));
  }

  hidden() {
    if (this.dirty || this.sending || this.elsewhere) this.takeNote();
    if (this.dirty) this.save({ keepalive: true });
  }

  takeNote() {
    const fields = [...this.form.querySelectorAll("textarea, [name=revision], [name=page]")];
    const typed = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    noting(() => sessionStorage.setItem(this.note, JSON.stringify({ at: Date.now(), typed })));
  }

  forgetNote() {
    noting(() => sessionStorage.removeItem(this.note));
  }

  putBack() {
    const noted = noting(() => JSON.parse(sessionStorage.getItem(this.note)));
    this.forgetNote();
    if (!noted || Date.now() - noted.at > NOTED_FOR) return;
    const fields = Object.entries(noted.typed).map(([name, value]) => [this.form.elements.namedItem(name), value]);
    const changed = fields.filter(([field, value]) => field?.localName === "textarea" && field.value !== value);
    if (!changed.length) return;
    for (const [field, value] of fields) field.value = value;
    for (const [field] of changed) field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /* What the browser has put back into the fields may never have been saved. */
  shown(persisted) {
    for (const field of this.form.querySelectorAll("textarea")) {
      if (persisted || field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  touched() {
    this.dirty = true;
    if (this.told !== false) this.tell(false, texts.saving);
    this.plan(SAVE_AFTER);
  }

  plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  async submitted(event) {
    clearTimeout(this.timer);
    this.elsewhere = false;
    if (!this.dirty && !this.sending) return;
    event.preventDefault();
    if (this.leaving) return;
    this.leaving = true;
    const saved = await this.settled();
    this.leaving = false;
    if (saved) this.form.requestSubmit(this.pressed(event.submitter));
    else if (!this.sessionOver) say(texts.notSent, "bad");
  }

  /* The button, or the one in its place when its piece of the page has been fetched again. */
  pressed(button) {
    if (!button || button.form === this.form) return button;
    return this.form.querySelector(`[formaction="${button.getAttribute("formaction")}"]`);
  }

  /* Whether all that was typed is saved, after one more try. */
  async settled() {
    await this.sending?.over;
    if (this.dirty) await this.save({ signal: AbortSignal.timeout(SAVE_WITHIN) });
    clearTimeout(this.timer);
    if (this.dirty && !this.sessionOver) this.plan(SAVE_AGAIN_AFTER);
    return !this.dirty;
  }

  async save(options = {}) {
    if (this.sending) { this.plan(SAVE_AFTER); return; }
    this.dirty = false;
    this.sending = { over: this.sent(options) };
    await this.sending.over;
    this.sending = null;
  }

  async sent(options) {
    try {
      const answer = await ask(this.form.dataset.autosave, this.request(options));
      if (!answer.ok) throw new Error(String(answer.status));
      this.saved(await answer.text());
    } catch (error) {
      this.failed(error.message === "401");
    }
  }

  request(options) {
    const typed = [...new FormData(this.form)].filter(([, value]) => typeof value === "string");
    const headers = { "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(typed).toString();
    return { method: "POST", headers, body, ...options };
  }

  saved(fragment) {
    const piece = document.createElement("template");
    piece.innerHTML = fragment;
    const first = piece.content.firstElementChild;
    const learnt = [...first?.attributes ?? []].filter(({ name }) => name.startsWith("data-set-"));
    for (const { name, value } of learnt) this.form.elements.namedItem(name.slice(9)).value = value;
    this.elsewhere = !learnt.length;
    if (this.told === false) withdraw(texts.notSent);
    if (!this.dirty && !this.elsewhere) this.forgetNote();
    this.tell(!this.told || this.elsewhere, piece.content);
    this.told = true;
  }

  /* Heard the first time and after a failure; then the time changes in silence. */
  tell(aloud, ...words) {
    this.status?.setAttribute("aria-live", aloud ? "polite" : "off");
    this.status?.replaceChildren(...words);
  }

  failed(sessionOver) {
    this.dirty = true;
    this.sessionOver = sessionOver;
    this.tell(this.told !== false, texts.notSaved);
    this.told = false;
    if (sessionOver) sayLogIn(); else this.plan(SAVE_AGAIN_AFTER);
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Autosave(form);
