// Tells the application's page that opened this window what became of it. It closes the window;
// where nobody opened it, or nobody listens, the link on the page leads back.
"use strict";

const told = document.querySelector("[data-told-to]")?.dataset;
if (told && window.opener) {
  const { toldTo, session, connector, result, connection } = told;
  const message = { type: "doorward.connect", session, connector, result, connection };
  window.opener.postMessage(message, toldTo);
}
