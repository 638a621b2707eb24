/* Files from the device, sent in pieces that go on after a cut. Without scripts the form sends them whole.
   A board with `data-back` lists them and then goes there; one with `data-pieces` stands beside the draft's own list,
   which it has fetched again, and shows only what that list doesn't know: that the line is cut, or what was refused. */

const PIECE = 1024 * 1024;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15000;

class Ended extends Error {}

/* Answers; a session that ran out is renewed once, a store that is away counts as a cut. */

async function ask(url, method, body, headers = {}) {
  const found = await globalThis.pli.ask(url, { method, body, headers: { Accept: "application/json", ...headers } });
  if (found.status >= 500) throw new Error(String(found.status));
  if (found.status !== 401) return found;
  globalThis.pli.sayLogIn();
  throw new Ended();
}

/* One file: announced, then piece after piece from where the server says that it is. */

class Upload {
  constructor(file, board) {
    this.file = file;
    this.board = board;
    this.row = board.row(file.name);
  }

  async run() {
    try {
      let coming = await this.persistently(() => this.announce());
      this.board.refresh();
      while (coming.etat === "pending" && coming.recu < coming.taille) coming = await this.next(coming);
      this.settle(coming.etat !== "refused", coming.raison, true);
    } catch (error) {
      this.settle(false, error.message);
    }
  }

  next(coming) {
    let cut = false;
    return this.persistently(async () => {
      const from = cut ? await this.answered(await ask(coming.adresse, "GET")) : coming;
      cut = true;
      return from.recu < from.taille ? this.piece(from) : from;
    });
  }

  announce() {
    const told = { nom: this.file.name, taille: this.file.size, marque: String(this.file.lastModified) };
    return ask(this.board.address, "POST", new URLSearchParams(told)).then((answer) => this.answered(answer));
  }

  async piece(coming) {
    document.dispatchEvent(new Event("pli:activity"));
    const bytes = this.file.slice(coming.recu, coming.recu + PIECE);
    const headers = { "Upload-Offset": String(coming.recu), "Content-Type": "application/octet-stream" };
    const found = await this.answered(await ask(coming.adresse, "PATCH", bytes, headers));
    this.tell(found);
    return found;
  }

  /* What has come of it. A refusal ends it with its sentence; at another offset it goes on from there. */
  async answered(answer) {
    const told = await answer.json();
    if (answer.ok || (answer.status === 409 && "recu" in told)) return told;
    throw new Ended([told.title, told.next].filter(Boolean).join(" "));
  }

  async persistently(act) {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return await act();
      } catch (error) {
        if (error instanceof Ended) throw error;
        this.row.say(this.board.words.again, "warn");
        await new Promise((done) => { setTimeout(done, pause); });
      }
    }
  }

  tell(coming) {
    const percent = Math.floor(100 * coming.recu / coming.taille);
    this.row.say(this.board.words.going.replace("{percent}", percent), "wait");
  }

  settle(added, reason, listed = false) {
    this.added = added;
    this.row.say(added ? this.board.words.done : reason || this.board.words.failed, added ? "good" : "bad");
    this.board.heard(`${this.file.name} : ${this.row.words}`);
    if (listed) this.board.listed(this.row);
  }
}

/* What is seen of them. */

class Row {
  constructor(name, board) {
    this.board = board;
    this.element = Object.assign(document.createElement("li"), { className: "file" });
    const title = Object.assign(document.createElement("span"), { className: "file-name", textContent: name });
    this.state = document.createElement("span");
    title.append(" ", this.state);
    this.element.append(title);
  }

  get words() { return this.state.textContent; }

  say(words, kind) {
    this.state.className = `state ${kind}`;
    this.state.textContent = words;
    this.board.place(this, kind);
  }
}

class Board {
  constructor(form) {
    this.list = form.querySelector("[data-uploads]");
    this.said = form.querySelector("[data-uploads-said]");
    this.words = this.list.dataset;
    this.address = this.list.dataset.uploads;
    this.uploads = [];
  }

  row(name) {
    const row = new Row(name, this);
    row.say(this.words.going.replace("{percent}", 0), "wait");
    return row;
  }

  /* Beside the draft's own list, trouble alone is shown here. */
  place(row, kind) {
    if (this.words.pieces && kind !== "warn" && kind !== "bad") row.element.remove();
    else if (!row.element.isConnected) this.list.append(row.element);
  }

  /* The draft's own list says what has come of it. */
  listed(row) {
    if (!this.words.pieces) return;
    row.element.remove();
    this.refresh();
  }

  refresh() {
    if (this.words.pieces) htmx.ajax("GET", this.words.pieces, { target: "#pieces", swap: "outerHTML" });
  }

  heard(words) { this.said.textContent = words; }

  /* One file after the other: on a slow line the first is there soon. Then back to the draft, unless one failed. */
  async send(files) {
    const coming = files.map((file) => new Upload(file, this));
    const begun = this.running ?? Promise.resolve();
    this.uploads.push(...coming);
    const mine = coming.reduce((before, upload) => before.then(() => upload.run()), begun);
    this.running = mine;
    running.add(this);
    await mine;
    if (this.running !== mine) return;
    this.running = null;
    running.delete(this);
    if (this.uploads.every((upload) => upload.added)) this.leave();
  }

  leave() {
    if (this.words.back) location.assign(this.words.back);
  }

  /* What is sent now would go without the file that is still coming. What was typed goes on being saved. */
  waits(event) {
    if (this.words.back) return true;
    if (!this.running || event.submitter?.hasAttribute("formaction")) return false;
    this.said.textContent = this.words.wait;
    event.target.dispatchEvent(new Event("input"));
    return true;
  }
}

const boards = new WeakMap();
const running = new Set();

function boardOf(element) {
  const form = element.closest("form");
  if (!boards.has(form)) boards.set(form, new Board(form));
  return boards.get(form);
}

document.addEventListener("change", (event) => {
  if (!event.target.matches?.("input[data-upload]") || !event.target.files.length) return;
  const files = [...event.target.files];
  event.target.value = "";
  boardOf(event.target).send(files);
});

document.addEventListener("submit", (event) => {
  const board = boards.get(event.target);
  if (event.defaultPrevented || !board?.waits(event)) return;
  event.preventDefault();
  if (!board.running) board.leave();
});

/* Whoever leaves cuts what is being sent, by whatever button or link: the browser asks in its own words. */
addEventListener("beforeunload", (event) => {
  if (running.size) event.preventDefault();
});

for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    const place = event.target.closest?.("[data-drop]");
    if (!place) return;
    event.preventDefault();
    if (kind === "drop" && event.dataTransfer.files.length) boardOf(place).send([...event.dataTransfer.files]);
  });
}
