// Doorward's sign-in link, version 1. Sites pin this file by its hash: it never changes.
// It makes a button of <a data-doorward-signin href="…">, and reads nothing but that link.
(() => {
  "use strict";
  const script = document.currentScript;
  const warn = (text) => console.error(`Doorward sign-in link: ${text}`);
  if (!script?.src) return warn("load this file by a script element with a src.");
  if (script.closest("head")) {
    return warn("put this inside <body>, where the link should appear; <head> does not work.");
  }
  if (!("adoptedStyleSheets" in Document.prototype)) return; // the plain link remains

  const PLACEHOLDER = "your redirect_uri here";
  const HINTS = {
    en: `Not ready: replace “${PLACEHOLDER}” in this page's code.`,
    ja: `未設定です。このページのコードの「${PLACEHOLDER}」を置き換えてください。`,
  };
  const endpoint = new URL("../../np/oauth/auth", script.src).href;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; display: inline-block; max-width: 100%; color-scheme: light; }
    .b { display: inline-flex; align-items: center; justify-content: center; gap: .6em;
      box-sizing: border-box; max-width: 100%; padding: .5em 1.1em; border: 1px solid #16202f;
      border-radius: 8px; background: #16202f; color: #fffdf9; text-decoration: none;
      font: 600 16px/1.25 system-ui, sans-serif; min-height: 44px; overflow-wrap: anywhere; }
    .b:hover { background: #2a384d; }
    .outline { background: #fffdf9; color: #16202f; border-color: #878072; }
    .outline:hover { background: #f4f0e7; }
    .small { font-size: 14px; min-height: 32px; padding: .3em .9em; }
    .large { font-size: 18px; min-height: 52px; padding: .6em 1.3em; }
    .b:focus-visible { outline: 3px solid #7d5a14; outline-offset: 2px;
      box-shadow: 0 0 0 8px #fff; }
    .off, .off:hover { background: #f4f0e7; color: #545b66; border: 1px dashed #878072; }
    .hint { display: block; margin-top: 4px; font: 13px/1.5 system-ui, sans-serif;
      color: #9c2b20; background: #fffdf9; }
    svg { flex: none; width: 1.25em; height: 1.25em; fill: currentColor; }
    .light { fill: #b98a2f; }
  `);

  const make = (name, className, textContent = "") =>
    Object.assign(document.createElement(name), { className, textContent });
  const mark = () => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 32 32");
    svg.setAttribute("aria-hidden", "true");
    for (const [shape, kind] of [
      ["M13 5.3a13 13 0 0 1 6 0V28h-6z", "light"],
      ["M11 8.2C6 9.6 3 13.1 3 18v11l8-3zM21 2.6C26 4.4 29 9.3 29 15.4V29l-8 3z", "leaf"],
    ]) {
      const path = document.createElementNS(space, "path");
      path.setAttribute("d", shape);
      path.setAttribute("class", kind);
      svg.append(path);
    }
    return svg;
  };

  // An address typed in by hand is taken as it is, one from the console is percent-encoded.
  const readAddress = (href) => {
    const at = href.indexOf("redirect_uri=");
    const text = at < 0 ? "" : href.slice(at + 13).trim();
    if (/^https?:\/\//i.test(text)) return text;
    try {
      return decodeURIComponent(text.split("&")[0]);
    } catch {
      return text;
    }
  };
  const isWeb = (address) => {
    try {
      return ["http:", "https:"].includes(new URL(address).protocol);
    } catch {
      return false;
    }
  };

  const upgrade = (link) => {
    if (link.href.split("?")[0] !== endpoint) return; // another organization's
    const { look, size } = link.dataset;
    const lang = (link.lang || document.documentElement.lang).startsWith("ja") ? "ja" : "en";
    const client_id = new URL(link.href).searchParams.get("client_id") ?? "";
    const redirect_uri = readAddress(link.getAttribute("href"));
    const host = make("span", link.className);
    if (link.id) host.id = link.id;
    host.lang = lang;
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const chosen = ["b", look === "outline" && look, ["small", "large"].includes(size) && size];
    const button = make("a", chosen.filter(Boolean).join(" "), link.textContent.trim());
    button.prepend(mark());
    root.append(button);
    if (isWeb(redirect_uri)) {
      const query = new URLSearchParams({ response_type: "code", client_id, redirect_uri });
      button.href = `${endpoint}?${query}`;
    } else {
      button.classList.add("off");
      button.setAttribute("role", "link");
      button.setAttribute("aria-disabled", "true");
      root.append(make("span", "hint", HINTS[lang]));
      warn(`replace the text "${PLACEHOLDER}" with your http(s) address: ${redirect_uri}`);
    }
    link.replaceWith(host);
  };

  const run = () => document.querySelectorAll("a[data-doorward-signin]").forEach(upgrade);
  run();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
})();
