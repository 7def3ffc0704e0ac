// Says what is wrong with addresses once their field is left. The form says the same when it is sent.
"use strict";

async function check(field) {
  const form = field.form;
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, [field.name]: field.value });
  const kind = form.querySelector("[name=kind]:checked, [name=kind][type=hidden]");
  if (kind) body.set("kind", kind.value);
  const answer = await fetch(field.dataset.check, { method: "POST", body, redirect: "error" });
  return answer.ok ? (await answer.json()).problems : [];
}

function show(field, problems) {
  const id = `${field.id}-error`;
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ");
  const parts = described.filter((each) => each && each !== id);
  document.getElementById(id)?.remove();
  field.removeAttribute("aria-invalid");
  if (problems.length > 0) {
    const box = document.createElement("div");
    box.className = "field-error";
    box.id = id;
    box.setAttribute("role", "alert");
    for (const each of problems) {
      const line = document.createElement("p");
      line.textContent = `${each.sentence} `;
      if (each.about) line.append(Object.assign(document.createElement("code"), { textContent: each.about }));
      box.append(line);
    }
    field.before(box);
    field.setAttribute("aria-invalid", "true");
    parts.push(id);
  }
  if (parts.length > 0) field.setAttribute("aria-describedby", parts.join(" "));
  else field.removeAttribute("aria-describedby");
}

for (const field of document.querySelectorAll("[data-check]")) {
  let asked = 0;
  field.addEventListener("change", async () => {
    const number = ++asked;
    try {
      const problems = field.value.trim() ? await check(field) : [];
      if (number === asked) show(field, problems);
    } catch {
      // Nobody answers: the form itself will say it.
    }
  });
}
