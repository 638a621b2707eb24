/* What the draft's page adds where scripts run: it works without. */

const form = document.getElementById("brouillon");

/* A draft that is left by a link with nothing in it goes: neither words in the page, which may not be saved yet,
   nor anything that the server knows of. */

if (form?.dataset.leave) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.dataset.dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.getAttribute("href").startsWith("#") || link.hasAttribute("download")) return;
    if (!form.querySelector("textarea").value.trim()) navigator.sendBeacon(form.dataset.leave);
  });
}

/* Characters, counted as the server counts them; heard only when few are left. */

function count(field) {
  const most = Number(field.dataset.most);
  const shown = document.getElementById(`${field.id}-aide`);
  const used = [...field.value].length;
  const left = most - used;
  const words = left < 0 ? field.dataset.over : field.dataset.words;
  shown.setAttribute("aria-live", left < most / 20 && left % 50 === 0 || left < 0 ? "polite" : "off");
  shown.textContent = words.replace("{used}", number(used)).replace("{over}", number(-left));
  shown.classList.toggle("error", left < 0);
}

function number(value) {
  return value.toLocaleString(document.documentElement.lang);
}

for (const field of document.querySelectorAll("[data-most]")) {
  field.addEventListener("input", () => count(field));
  count(field);
}
