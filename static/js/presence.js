/* Who is here: a sign from the open conversation twice a minute, one more when somebody goes or comes back; and the soft
   lock: while a colleague writes, the answer can be read but not typed in until it is taken over. */
"use strict";

(() => {
  const PULSE = 25000;
  const IDLE = 120000; // without a key or a touch: away, though the page is in sight
  let open = null; // where to tell of the conversation that is open
  let said = "";
  let touched = Date.now();

  const state = () => (document.visibilityState === "hidden" || Date.now() - touched > IDLE ? "away" : "here");
  const tell = (where, what) => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
    body.set("state", what);
    fetch(where, { method: "POST", body, keepalive: true, credentials: "same-origin" }).catch(() => { /* the next sign will do */ });
  };
  const sign = () => {
    if (!open) return;
    said = state();
    tell(open, said);
  };
  const look = () => {
    const now = document.querySelector("article[data-here]")?.dataset.here ?? null;
    if (now === open) return;
    if (open) tell(open, "left");
    open = now;
    sign();
  };
  const touch = () => {
    touched = Date.now();
    if (open && said === "away" && state() === "here") sign();
  };

  const lock = () => {
    const isLocked = document.getElementById("lock")?.hasAttribute("data-locked") ?? false;
    const form = document.getElementById("reply-form");
    if (!form) return;
    form.classList.toggle("locked", isLocked);
    form.elements.text.readOnly = isLocked;
    form.querySelector("[data-send]").disabled = isLocked;
  };

  setInterval(sign, PULSE);
  for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) document.addEventListener(kind, touch, { passive: true, capture: true });
  document.addEventListener("visibilitychange", sign);
  window.addEventListener("pagehide", () => { if (open) tell(open, "left"); open = null; });
  window.addEventListener("pageshow", look);
  document.body.addEventListener("htmx:afterSettle", () => { look(); lock(); });
  document.body.addEventListener("gensvar:news", lock);
  look();
  lock();
})();
