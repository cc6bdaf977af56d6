/* @ in a note offers colleagues; Enter or Tab takes one. The names are those of the boxes below, which do the same. */
"use strict";

(() => {
  const fold = (text) => text.toLowerCase().replace(/[åä]/g, "a").replace(/ö/g, "o");
  const asked = (field) => /(?:^|\s)@([\p{L}-]*(?: [\p{L}-]*)?)$/u.exec(field.value.slice(0, field.selectionStart))?.[1];
  const names = () => [...document.querySelectorAll(".naming label")].map((label) => label.textContent.trim());
  const list = () => document.getElementById("mentions");

  const close = (field) => {
    list().hidden = true;
    list().replaceChildren();
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
  };
  const mark = (field, option) => {
    list().querySelectorAll("[aria-selected=true]").forEach((each) => each.setAttribute("aria-selected", "false"));
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };
  const offer = (field) => {
    const word = asked(field);
    const found = word === undefined ? [] : names().filter((name) => fold(name).split(" ").some((part) => part.startsWith(fold(word))) || fold(name).startsWith(fold(word))).slice(0, 6);
    if (!found.length || found.some((name) => name === word)) { close(field); return; }
    list().replaceChildren(...found.map((name, number) => {
      const option = document.createElement("li");
      option.id = `mention-${number}`;
      option.role = "option";
      option.textContent = name;
      option.setAttribute("aria-selected", "false");
      return option;
    }));
    list().hidden = false;
    field.setAttribute("aria-controls", "mentions");
    mark(field, list().firstElementChild);
  };
  const take = (field, option) => {
    const end = field.selectionStart;
    field.setRangeText(`${option.textContent} `, end - asked(field).length, end, "end");
    close(field);
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("input", (event) => { if (event.target.matches("[data-mentions]")) offer(event.target); });
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-mentions]") || list().hidden || event.ctrlKey || event.metaKey) return;
    const chosen = list().querySelector("[aria-selected=true]");
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) mark(field, chosen[step] ?? chosen);
    else if (event.key === "Enter" || event.key === "Tab") take(field, chosen);
    else if (event.key === "Escape") close(field);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest?.("#mentions [role=option]");
    if (!option) return;
    event.preventDefault();
    take(document.querySelector("[data-mentions]"), option);
  });
})();
