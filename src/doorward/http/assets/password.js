// Says while a password is typed what is still missing, and when another letter can be sent.
// The server decides: what stands here is a guess at its answer.
"use strict";

const COMMON = /^(?:pass(?:word|wort)?|letmein|welcome|admin|qwert[yz](?:uiop)?|asdfghjkl?|iloveyou|dragon|monkey|football|baseball|sunshine|princess|master|shadow|superman|secret|changeme|trustno|login|hello|summer|winter|spring|autumn)+$/;
const ROWS = ["01234567890", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

const squeezed = (text) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}@]/gu, "");
const isWide = (text) => /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/.test(text);

function isEasy(text) {
  const plain = squeezed(text);
  if (new Set(plain).size < 5) return true;
  if (ROWS.some((row) => row.includes(plain))) return true;
  if (/^(.{1,4})\1+$/.test(plain)) return true;
  return COMMON.test(plain.replace(/[@]/g, "a").replace(/\d+/g, ""));
}

function names(guide, form) {
  const given = guide.dataset.about.split("\n");
  for (const field of form.querySelectorAll("input[data-about]")) {
    given.push(field.value, field.value.split("@")[0]);
  }
  return given
    .flatMap((each) => [each, ...each.split(/\s+/)])
    .map(squeezed)
    .filter((each) => each.length >= (isWide(each) ? 2 : 4));
}

for (const field of document.querySelectorAll("[data-guide]")) {
  const guide = document.getElementById(field.dataset.guide);
  const status = guide.querySelector("[role=status]");
  const least = Number(guide.dataset.least);
  const check = {
    length: (text) => [...text].length >= least,
    personal: (text) => text !== "" && !names(guide, field.form).some((each) => squeezed(text).includes(each)),
    easy: (text) => text !== "" && !isEasy(text),
  };
  let timer = 0;
  const look = () => {
    const missing = [];
    for (const line of guide.querySelectorAll("[data-rule]")) {
      const kept = check[line.dataset.rule](field.value);
      line.classList.toggle("kept", kept);
      if (!kept) missing.push(line.textContent.trim());
    }
    clearTimeout(timer);
    // Not at every letter: whoever hears the page wants to finish typing first.
    timer = setTimeout(() => {
      const { good, missing: still } = status.dataset;
      status.textContent = field.value === "" ? "" : missing.length === 0 ? good : `${still} ${missing.join(". ")}`;
    }, 1000);
  };
  guide.hidden = false;
  for (const each of field.form.querySelectorAll("input")) each.addEventListener("input", look);
  look();
}

for (const button of document.querySelectorAll("[data-wait]")) {
  let left = Number(button.dataset.wait);
  if (!(left > 0)) continue;
  const ready = button.textContent;
  const said = document.createElement("span");
  said.className = "unseen";
  said.setAttribute("role", "status");
  button.after(said);
  button.disabled = true;
  const tick = () => {
    button.textContent = left > 0 ? button.dataset.waitText.replace("#", left) : ready;
    if (left > 0) {
      left -= 1;
      setTimeout(tick, 1000);
      return;
    }
    button.disabled = false;
    said.textContent = button.dataset.ready;
  };
  tick();
}
