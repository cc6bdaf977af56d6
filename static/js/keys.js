/* One key a verdict. An element that carries data-key is clicked by that key; menus show it in <kbd>.
   Silent in text fields and with modifiers; switched off on the help page (WCAG 2.1.4). */
"use strict";

const KEYS_OFF = "gensvar-keys-off";
const inField = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

const store = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private windows may refuse */ } },
};

function moveRow(step) {
  const rows = [...document.querySelectorAll("a.row")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement || (!rows.includes(document.activeElement) && row.hasAttribute("aria-current")));
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
}

function press(key) {
  const found = [...document.querySelectorAll("[data-key]")].find(
    (element) => element.dataset.key.toLowerCase() === key && !element.disabled && (element.offsetParent !== null || key === "?"),
  );
  if (!found) return false;
  found.click();
  if (found.tagName === "SUMMARY") found.parentElement.querySelector("textarea, input:not([type=hidden])")?.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form?.querySelector("[data-send]")) {
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector("[data-send]"));
    return;
  }
  if (event.key === "Escape" && inField(event.target)) {
    event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || store.get(KEYS_OFF)) return;
  if (key === "j" || event.key === "ArrowDown" && event.target.closest(".rows")) { moveRow(1); event.preventDefault(); return; }
  if (key === "k" || event.key === "ArrowUp" && event.target.closest(".rows")) { moveRow(-1); event.preventDefault(); return; }
  if (press(key)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-keys-switch]")) store.set(KEYS_OFF, event.target.checked ? "" : "1");
});

document.addEventListener("input", (event) => {
  const count = event.target.form?.querySelector("[data-count]");
  if (count && event.target.matches("textarea")) count.textContent = `${event.target.value.length} tecken`;
});

/* A second click on the way out is the same click; the server finds the first row by its key anyway. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => document.querySelectorAll("[data-once]").forEach((form) => delete form.dataset.sent));

document.querySelectorAll("[data-hide-with-js]").forEach((element) => { element.hidden = true; });
document.querySelectorAll("[data-keys-switch]").forEach((box) => { box.checked = !store.get(KEYS_OFF); });
document.querySelector("a.row[aria-current]")?.scrollIntoView({ block: "nearest" });
if (location.hash === "#composer") {
  const text = document.getElementById("text");
  if (text) { text.focus(); text.setSelectionRange(text.value.length, text.value.length); }
}

/* Ångra is offered as long as the server takes it. */
document.querySelectorAll(".toast").forEach((toast) => setTimeout(() => toast.remove(), toast.querySelector("form") ? 10000 : 6000));
