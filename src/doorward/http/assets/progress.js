// Keeps the numbers of a running import up to date. Without this file the page is loaded anew.
"use strict";

const panel = document.querySelector("[data-progress]");
const bar = panel.querySelector("progress");
const spoken = panel.querySelector("[data-announce]");
let tenth = -1;

async function look() {
  const answer = await fetch(panel.dataset.progress, { redirect: "error", cache: "no-store" });
  if (!answer.ok) throw new Error("no answer");
  const now = await answer.json();
  if (!now.running) {
    location.reload();
    return;
  }
  bar.max = now.max;
  bar.value = now.value;
  for (const place of panel.querySelectorAll("[data-show]")) {
    place.textContent = now[place.dataset.show];
  }
  // Said aloud at every tenth only: a reader is not to be talked over each second.
  const reached = Math.floor((10 * now.value) / now.max);
  if (reached !== tenth) spoken.textContent = now.sentence;
  tenth = reached;
  setTimeout(watch, 1000);
}

function watch() {
  look().catch(() => setTimeout(watch, 5000));
}

setTimeout(watch, 1000);
