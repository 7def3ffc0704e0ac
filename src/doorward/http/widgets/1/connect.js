// Doorward's pop-up for connecting accounts, version 1. Sites pin this file: it never changes.
// Doorward.connect({ link, onEvent }) opens the link of a connect session in a window of its own.
(() => {
  "use strict";
  const EVERY_MS = 2000;
  const AT_MOST_MS = 30 * 60 * 1000;
  const POLLS_ONCE_CLOSED = 3;
  const RESULTS = ["connected", "declined", "failed"];
  let forget = () => {};

  const connect = ({ link, onEvent = () => {} }) => {
    const address = new URL(link);
    if (!["http:", "https:"].includes(address.protocol)) {
      throw new TypeError("Doorward.connect: the link is not a web address.");
    }
    forget();
    const popup = window.open("about:blank", "doorward-connect", "popup,width=560,height=760");
    if (!popup || popup.closed) {
      onEvent({ type: "blocked" });
      location.assign(address.href);
      return;
    }
    const state = new URL(address.href);
    state.pathname += "/state";
    const until = Date.now() + AT_MOST_MS;
    let isOver = false;
    let timer = 0;
    let closedFor = 0;

    const end = () => {
      isOver = true;
      clearTimeout(timer);
      removeEventListener("message", hear);
    };
    const finish = (type, connection) => {
      end();
      popup.close();
      onEvent(connection ? { type, connection } : { type });
    };
    const hear = (event) => {
      if (event.origin !== address.origin || event.source !== popup) return;
      const { type, result, connection } = event.data ?? {};
      if (type === "doorward.connect" && RESULTS.includes(result)) finish(result, connection);
    };
    // A platform may cut the tie between the windows: then the window looks closed, and only the
    // session itself says what became of it. So polling goes on after "closed".
    const poll = async () => {
      let told = {};
      try {
        const answer = await fetch(state, {
          credentials: "omit",
          cache: "no-store",
          referrerPolicy: "no-referrer",
        });
        if (answer.ok) told = await answer.json();
      } catch {} // the next answer may arrive
      if (isOver) return;
      if (RESULTS.includes(told.state)) return finish(told.state, told.connection);
      if (popup.closed) closedFor += 1;
      const isLast = told.state === "over" || Date.now() > until;
      if (isLast) end();
      else timer = setTimeout(poll, EVERY_MS);
      if (closedFor === POLLS_ONCE_CLOSED || (isLast && closedFor < POLLS_ONCE_CLOSED)) {
        onEvent({ type: "closed" });
      }
    };

    forget = end;
    addEventListener("message", hear);
    popup.location.replace(address.href);
    timer = setTimeout(poll, EVERY_MS);
    onEvent({ type: "ready" });
  };

  window.Doorward = Object.freeze({ ...window.Doorward, connect });
})();
