/* A page that stands in the place of another: it asks for that one until it can be shown, and only then reloads.
   Nothing moves under the eyes of who reads it, or in the ears: a `Refresh` would begin the page anew each time. */

const place = document.querySelector("[data-returns]");

async function isBack() {
  try {
    const answer = await globalThis.pli.ask(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    return answer.status < 500;
  } catch {
    return false;
  }
}

async function look() {
  if (document.visibilityState === "visible" && await isBack()) location.reload();
  else later();
}

function later() {
  setTimeout(look, Number(place.dataset.returns) * 1000);
}

if (place) later();
