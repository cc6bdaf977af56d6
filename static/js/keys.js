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
  const found = shown.filter((element) => element.closest("[data-picked] #bulk")).pop() ?? shown.pop() ?? (key === "?" ? named[0] : undefined);
  if (!found) return false;
  if (found.matches("input")) { found.focus(); found.select(); return true; }
  found.click();
  if (found.tagName === "SUMMARY" && found.parentElement.open) found.parentElement.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  return true;
}

function openView(key) {
  const link = /^[1-9]$/.test(key) && document.querySelector(`[data-view="${key}"]`);
  if (link) link.click();
  return Boolean(link);
}

function leave(event) {
  const menu = event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.target.matches(WRITES)) {
    event.target.blur();
  } else {
    return press("escape");
  }
  return true;
}

/* Whoever is faster than the server is not punished: keys wait for what the one before them asked for. */
const ahead = [];
const isBusy = () => document.querySelector("#composer .htmx-request, .conversation form.htmx-request, a.row.htmx-request") !== null;
document.addEventListener("htmx:afterSettle", () => setTimeout(() => {
  while (ahead.length && !isBusy()) {
    const key = ahead.shift();
    const field = document.activeElement;
    if (!field.matches("textarea")) { press(key.toLowerCase()) || openView(key); continue; }
    field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}));

document.addEventListener("keydown", (event) => {
  const send = event.target.form?.querySelector("[data-send]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send) {
    event.preventDefault();
    event.target.form.requestSubmit(send);
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (leave(event)) event.preventDefault();
    return;
  }
  if (event.target.matches(WRITES) || store.get(KEYS_OFF)) return;
  if (isBusy() && event.key.length === 1) {
    ahead.push(event.key);
    event.preventDefault();
    return;
  }
  const key = event.key.toLowerCase();
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

/* Help comes as a dialog over what one is doing; without a script its link leads to a page. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const dialog = document.getElementById("dialog");
  link.closest("details.menu")?.removeAttribute("open");
  const answer = await fetch(link.href, { headers: { "HX-Request": "true", "HX-Target": "dialog" } }).catch(() => null);
  if (!answer?.ok) { location.href = link.href; return; }
  dialog.innerHTML = await answer.text();
  const close = dialog.appendChild(document.createElement("button"));
  close.className = "button";
  close.textContent = document.body.dataset.close;
  close.addEventListener("click", () => dialog.close());
  showSwitches();
  dialog.showModal();
});

function showSwitches() {
  document.querySelectorAll("[data-keys-switch]").forEach((box) => { box.checked = !store.get(KEYS_OFF); });
}
showSwitches();
