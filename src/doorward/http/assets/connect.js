// Small comforts of the pages on which people connect. Every page is complete without this file.
"use strict";

// Fields that count only with a certain choice are shown only then.
const showFields = () => {
  for (const field of document.querySelectorAll("[data-when]")) {
    const deciding = document.getElementById(field.dataset.when);
    if (deciding) field.hidden = deciding.value !== field.dataset.equals;
  }
};
document.addEventListener("input", showFields);
showFields();

// The choices that a platform lists come into the form as it stands: what was typed stays there.
// Where there are none, the form is sent as without this file, and its page says why.
const load = (form, button, done) => {
  const data = new URLSearchParams(new FormData(form));
  data.append(button.name, button.value);
  const request = new XMLHttpRequest();
  // A button called "action" hides the property.
  request.open("POST", form.getAttribute("action"));
  request.responseType = "document";
  request.onloadend = () => {
    done();
    const isGood = request.status === 200 && request.response;
    const found = isGood ? [...request.response.querySelectorAll("[data-choices]:has(select)")] : [];
    for (const each of found) {
      const name = CSS.escape(each.dataset.choices);
      form.querySelector(`[data-choices="${name}"]`)?.replaceWith(document.adoptNode(each));
    }
    if (found.length) {
      showFields();
      form.querySelector("[data-choices] select")?.focus();
    } else {
      form.dataset.whole = "yes";
      form.requestSubmit(button);
    }
  };
  request.send(data);
};

// While the platform is asked, the button says so, and a second press sends nothing.
for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    const button = event.submitter;
    const label = button?.textContent;
    if (button) button.textContent = form.dataset.busy;
    if (button?.value !== "choices" || form.dataset.whole) return;
    event.preventDefault();
    load(form, button, () => {
      form.removeAttribute("aria-busy");
      button.textContent = label;
    });
  });
}

// Coming back by the browser's own button, the form is as it was.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
