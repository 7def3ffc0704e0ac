// Signs in with a passkey, offers one while a name is typed, and makes new ones.
// Without this file, or in a browser that knows no passkeys, nothing on a page speaks of them.
"use strict";

const STALE_MS = 240_000; // a challenge is good for five minutes

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function ask(form) {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value });
  if (form.elements.flow) body.set("flow", form.elements.flow.value);
  const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "error", cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const options = await answer.json();
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  options.excludeCredentials = named(options.excludeCredentials);
  options.allowCredentials = named(options.allowCredentials);
  return options;
}

function send(form, found) {
  const { id, type, authenticatorAttachment, response: given } = found;
  const response = { clientDataJSON: text(given.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[part]) response[part] = text(given[part]);
  }
  if (given.getTransports) response.transports = given.getTransports();
  const whole = { id, rawId: text(found.rawId), type, authenticatorAttachment, response };
  form.elements.credential.value = JSON.stringify(whole);
  form.submit();
}

function show(form, error) {
  for (const place of form.querySelectorAll("[data-problem]")) {
    const wanted = error?.name === "InvalidStateError" ? "known" : "other";
    place.hidden = !error || place.dataset.problem !== wanted;
  }
}

function onPress(form, act) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(form, null);
    form.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (error) {
      show(form, error);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

function signIn(form) {
  let waiting = null;

  async function prove(more) {
    const publicKey = await ask(form);
    send(form, await navigator.credentials.get({ publicKey, ...more }));
  }

  // Passkeys stand among the names that the browser offers to fill in.
  async function wait() {
    if (!document.querySelector("input[autocomplete~=webauthn]")) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const mine = new AbortController();
    waiting = mine;
    const timer = setTimeout(() => mine.abort("stale"), STALE_MS);
    try {
      await prove({ mediation: "conditional", signal: mine.signal });
    } catch {
      if (mine.signal.reason === "stale") wait();
    } finally {
      clearTimeout(timer);
    }
  }

  onPress(form, async () => {
    waiting?.abort("pressed");
    try {
      await prove({});
    } catch (error) {
      wait();
      throw error;
    }
  });
  wait();
}

function enrol(form) {
  onPress(form, async () => {
    const publicKey = await ask(form);
    send(form, await navigator.credentials.create({ publicKey }));
  });
}

async function tellAbility() {
  const able = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.();
  for (const field of document.querySelectorAll("input[name=passkeys]")) field.value = able ? "yes" : "no";
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    (form.dataset.passkey === "create" ? enrol : signIn)(form);
  }
  for (const place of document.querySelectorAll("[data-without-passkeys]")) place.hidden = true;
  tellAbility().catch(() => {});
}
