/* One key a verdict. An element that carries data-key is clicked by that key; menus show it in <kbd>.
   Silent in text fields and with modifiers; switched off on the help page (WCAG 2.1.4). */
"use strict";

const KEYS_OFF = "gensvar-keys-off";
const WRITES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

const store = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private windows may refuse */ } },
  drop: (key) => { try { localStorage.removeItem(key); } catch { /* so may this */ } },
};

/* Whoever has changed keys presses the new one for what the old one is called; the old one does nothing then. */
const changed = new Map((document.body.dataset.keys ?? "").split(" ").filter(Boolean).map((pair) => { const [key, now] = [...pair]; return [key, now]; }));
const meant = new Map([...changed].map(([key, now]) => [now, key]));
const nameOf = (pressed) => {
  const key = pressed.toLowerCase();
  return meant.get(key) ?? (changed.has(key) ? "" : key);
};
const showKeys = (root) => root.querySelectorAll?.("[data-key] kbd").forEach((kbd) => {
  const now = changed.get(kbd.closest("[data-key]").dataset.key);
  if (now) kbd.textContent = now.toUpperCase();
});
if (changed.size) {
  showKeys(document);
  document.addEventListener("htmx:afterSettle", (event) => showKeys(event.target));
}

const isShown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

function moveRow(step) {
  const rows = [...document.querySelectorAll("a.row")];
  if (!rows.length) return false;
  let at = rows.indexOf(document.activeElement);
  if (at < 0) at = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

/* The newest of several is meant: the last toast, the last number. Menus that are closed answer to their keys too. */
function press(key) {
  const named = [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.key.toLowerCase() === key && !element.disabled);
  const shown = named.filter(isShown);
  const found = shown.filter((element) => element.closest("[data-picked] #bulk")).pop() ?? shown.pop() ?? named.find((element) => element.matches("[data-always]"));
  if (!found) return false;
  if (found.matches("input")) { found.focus(); found.select(); return true; }
  found.click();
  if (found.tagName === "SUMMARY" && found.parentElement.open) (found.parentElement.querySelector("textarea, select, input:not([type=hidden]), button") ?? found).focus();
  return true;
}

/* The address of what is open, for a colleague. */
function copyLink() {
  const open = document.querySelector("article[data-conversation]");
  if (!open || !navigator.clipboard) return false;
  navigator.clipboard.writeText(`${location.origin}${location.pathname}`);
  const told = document.getElementById("announce");
  if (told) told.textContent = document.body.dataset.copied;
  return true;
}

function openView(key) {
  const link = /^[1-9]$/.test(key) && document.querySelector(`[data-view="${key}"]`);
  if (link) link.click();
  return Boolean(link);
}

function leave(event) {
  const menu = event.target.closest("details:is(.menu, .why)[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.target.matches(WRITES)) {
    event.target.blur();
  } else {
    return press("escape") || toRow();
  }
  return true;
}

/* A key that had to wait: it is typed where the focus is by then, or pressed. */
function later(key) {
  const field = document.activeElement;
  if (!field.matches("textarea")) { press(nameOf(key)) || openView(key); return; }
  field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Where list and conversation stand side by side, back to the list is back to the row that is open. */
function toRow() {
  const row = document.querySelector("a.row[aria-current]");
  if (!row || row === document.activeElement) return false;
  row.focus();
  return true;
}

/* From the text to the advice on it, and back. */
function toHints() {
  const hints = document.querySelector("#composer .hints > summary");
  if (!hints) return false;
  (document.activeElement === hints ? document.getElementById("text") : hints)?.focus();
  return true;
}

/* Beside single keys: Ctrl+K for everything, Ctrl+Shift+F to search, Ctrl+. to the advice on a text, Ctrl+Z to undo
   outside of what is being typed. */
function withControl(event) {
  const key = event.key.toLowerCase();
  if (document.querySelector("dialog[open]")) return false;
  if (key === "k") return press("ctrl+k");
  if (key === "f" && event.shiftKey) return press("q");
  if (key === ".") return toHints();
  return key === "z" && !event.shiftKey && !event.target.matches(WRITES) && press("å");
}

document.addEventListener("keydown", (event) => {
  const send = event.target.form?.querySelector("[data-send]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send) {
    event.preventDefault();
    event.target.form.requestSubmit(send);
    return;
  }
  if ((event.ctrlKey || event.metaKey) && !event.altKey && withControl(event)) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" || event.key === "F1") {
    if (event.key === "F1" ? press("?") : leave(event)) event.preventDefault();
    return;
  }
  if (event.target.matches(WRITES) || store.get(KEYS_OFF)) return;
  if (ahead.isBusy() && event.key.length === 1) {
    ahead.hold(() => later(event.key));
    event.preventDefault();
    return;
  }
  const key = nameOf(event.key);
  if (key === "c" && copyLink()) {
    event.preventDefault();
    return;
  }
  if (key === "x" && document.getElementById("bulk")) {
    document.dispatchEvent(new CustomEvent("gensvar:pick", { detail: { range: event.shiftKey } }));
    event.preventDefault();
    return;
  }
  if (key === "a") document.querySelector("#bulk [data-pick-all]")?.click();
  const inRows = event.target.closest(".rows");
  const isDone = (key === "j" || (event.key === "ArrowDown" && inRows)) ? moveRow(1)
    : (key === "k" || (event.key === "ArrowUp" && inRows)) ? moveRow(-1)
    : press(key === "/" ? "q" : key) || openView(key);
  if (isDone) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-keys-switch]")) store.set(KEYS_OFF, event.target.checked ? "" : "1");
});

/* Protected mode and the language come back to where one is by now, not to where the page was first drawn. */
document.addEventListener("submit", (event) => {
  const next = event.target.querySelector("input[data-back]");
  if (next) next.value = location.pathname + location.search;
}, true);

/* Help comes as a dialog over what one is doing; without a script its link leads to a page. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const dialog = document.getElementById("dialog");
  link.closest("details.menu")?.removeAttribute("open");
  const address = new URL(link.href);
  if (link.dataset.key === "ctrl+k") {
    const open = document.querySelector("article[data-conversation]");
    for (const [name, value] of new URLSearchParams(location.search)) address.searchParams.set(name, value);
    if (open) address.searchParams.set("oppen", open.dataset.conversation);
    address.searchParams.set("har", location.pathname + location.search);
  }
  const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Target": "dialog" } }).catch(() => null);
  if (!answer?.ok) { location.href = link.href; return; }
  dialog.innerHTML = await answer.text();
  const close = dialog.appendChild(document.createElement("button"));
  close.className = "button";
  close.textContent = document.body.dataset.close;
  close.addEventListener("click", () => dialog.close());
  showSwitches();
  dialog.showModal();
  dialog.dispatchEvent(new Event("gensvar:shown", { bubbles: true }));
});

function showSwitches() {
  document.querySelectorAll("[data-keys-switch]").forEach((box) => { box.checked = !store.get(KEYS_OFF); });
}
showSwitches();
