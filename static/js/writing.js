/* What is typed is kept on the server within a second, and shown as kept; what a lost line holds back stays here. */
"use strict";

(() => {
  const WAIT = 600; // milliseconds after the last key: kept within one second, seldom more than one call a pause
  const waiting = new Map(); // the form's place → what is to be sent, and when
  const running = new Map();
  const nameOf = (field) => `${field.dataset.save} ${field.dataset.slot}`;
  const localKey = (field) => `gensvar-draft-${document.body.dataset.user}-${field.dataset.draft}`;

  const snapshot = (field) => {
    const body = new FormData(field.form);
    body.delete("anyway");
    body.set("text", field.value);
    return { url: field.dataset.save, name: nameOf(field), key: localKey(field), text: field.value, body };
  };
  const show = (html, kept) => {
    const field = document.querySelector("textarea[data-save]");
    const place = document.getElementById("writing");
    if (!field || !place || nameOf(field) !== kept.name) return;
    const made = document.createRange().createContextualFragment(html).querySelector("#writing");
    if (!made || place.contains(document.activeElement)) return;
    made.querySelectorAll("details").forEach((each) => { each.open = place.querySelector("details")?.open ?? true; });
    place.replaceWith(made);
    if (field.value === kept.text) store.drop(kept.key);
  };
  const send = async (kept, keepalive = false) => {
    try {
      const answer = await fetch(kept.url, { method: "POST", body: kept.body, keepalive, credentials: "same-origin" });
      if (answer.ok && !answer.redirected) show(await answer.text(), kept);
    } catch { /* no line: the copy in this browser is there until the next key */ }
  };
  const flush = (name, keepalive = false) => {
    const kept = waiting.get(name);
    if (!kept) return;
    clearTimeout(kept.timer);
    waiting.delete(name);
    // One after the other: an older text must not come last.
    running.set(name, (keepalive ? Promise.resolve() : running.get(name) ?? Promise.resolve()).then(() => send(kept, keepalive)));
  };
  const schedule = (field) => {
    const name = nameOf(field);
    clearTimeout(waiting.get(name)?.timer);
    waiting.set(name, { ...snapshot(field), timer: setTimeout(() => flush(name), WAIT) });
  };
  const unsaved = (root) => root.querySelectorAll("textarea[data-save]").forEach((field) => {
    if (field.value !== field.defaultValue) schedule(field);
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-save]")) schedule(event.target);
    else if (event.target.matches("[data-promise]")) schedule(event.target.form.elements.text);
  });
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector?.("textarea[data-save]");
    if (!field) return;
    clearTimeout(waiting.get(nameOf(field))?.timer);
    waiting.delete(nameOf(field));
  }, true);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") [...waiting.keys()].forEach((name) => flush(name, true));
  });
  document.body.addEventListener("htmx:afterSettle", (event) => setTimeout(() => unsaved(event.detail.elt)));
  document.addEventListener("DOMContentLoaded", () => unsaved(document));
})();
