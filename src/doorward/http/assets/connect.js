// Small comforts of the pages on which people connect. Every page is complete without this file.
"use strict";

// Fields that count only with a certain choice are shown only then.
for (const field of document.querySelectorAll("[data-when]")) {
  const deciding = document.getElementById(field.dataset.when);
  if (!deciding) continue;
  const show = () => { field.hidden = deciding.value !== field.dataset.equals; };
  deciding.addEventListener("input", show);
  show();
}

// While the platform is asked, the button says so, and a second press sends nothing.
for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    if (event.submitter) event.submitter.textContent = form.dataset.busy;
  });
}

// Coming back by the browser's own button, the form is as it was.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
