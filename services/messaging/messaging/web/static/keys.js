/* Keyboard shortcuts of the mailbox: a key presses what carries it in `data-key`; j and k walk the list.
   Loaded only where the person wants them; never while one writes, chooses, or answers a dialog. */

const FIELDS = "input, textarea, select, [contenteditable]";
const STEPS = { j: 1, k: -1 };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.target.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
  if (event.key in STEPS ? step(STEPS[event.key]) : press(event.key)) event.preventDefault();
});

function press(key) {
  const found = [...document.querySelectorAll("[data-key]")]
    .find((element) => element.dataset.key === key && element.getClientRects().length);
  if (!found) return false;
  if (found.matches("input")) found.focus(); else found.click();
  return true;
}

function step(by) {
  const rows = [...document.querySelectorAll("#liste a.row")].filter((row) => row.getClientRects().length);
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = from < 0 ? (by > 0 ? 0 : rows.length - 1) : from + by;
  rows[Math.max(0, Math.min(rows.length - 1, next))].focus();
  return true;
}

function tell() {
  for (const element of document.querySelectorAll("[data-key]")) {
    element.setAttribute("aria-keyshortcuts", element.dataset.key);
  }
}

tell();
document.addEventListener("htmx:afterSettle", tell);
