/* The command palette: letters in any order of words, å and ä as a, ö as o; what was used last stands first. */
"use strict";

(() => {
  const RECENT = "gensvar-commands";
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  /* 0 for no match; more for whole beginnings of words than for letters in between. */
  const score = (name, wanted) => {
    const words = name.split(" ");
    let sum = 1;
    for (const part of wanted.split(" ").filter(Boolean)) {
      if (words.some((word) => word.startsWith(part))) sum += 4;
      else if (name.includes(part)) sum += 2;
      else if (within(part, name)) sum += 1;
      else return 0;
    }
    return sum;
  };
  const within = (part, name) => {
    let at = -1;
    return part.length > 2 && [...part].every((letter) => (at = name.indexOf(letter, at + 1)) >= 0);
  };

  const recent = () => JSON.parse(store.get(RECENT) || "[]");
  const remember = (name) => store.set(RECENT, JSON.stringify([name, ...recent().filter((each) => each !== name)].slice(0, 8)));

  const open = (dialog) => {
    const field = dialog.querySelector("[data-palette]");
    if (!field) return;
    const list = dialog.querySelector(".palette");
    const none = dialog.querySelector("[data-palette-none]");
    field.closest("p").hidden = false;
    list.setAttribute("role", "listbox");
    const offer = (element, place) => {
      const item = element.closest("li");
      item.hidden = false;
      item.setAttribute("role", "none");
      element.setAttribute("role", "option");
      element.id = `command-${place}`;
      element.tabIndex = -1;
      return { element, item, place };
    };
    const search = offer(list.querySelector("[data-search]"), "search");
    const commands = [...list.querySelectorAll("[data-command]")].map((element, place) => {
      const label = [...element.childNodes].find((node) => node.nodeType === Node.TEXT_NODE).textContent.trim();
      return { ...offer(element, place), label, name: plain(label) };
    });
    let shown = [];
    let at = 0;

    const mark = () => {
      const chosen = shown[at];
      [...commands, search].forEach(({ element }) => element.setAttribute("aria-selected", String(element === chosen?.element)));
      chosen ? field.setAttribute("aria-activedescendant", chosen.element.id) : field.removeAttribute("aria-activedescendant");
      chosen?.item.scrollIntoView({ block: "nearest" });
    };
    const draw = () => {
      const wanted = plain(field.value);
      const used = recent();
      const place = ({ label }) => { const found = used.indexOf(label); return found < 0 ? used.length : found; };
      shown = commands.map((command) => ({ ...command, score: score(command.name, wanted) })).filter((command) => command.score)
        .sort((a, b) => b.score - a.score || place(a) - place(b) || a.place - b.place);
      none.hidden = shown.length > 0;
      none.textContent = shown.length ? "" : field.dataset.none;
      if (wanted) shown.push(asked(field.value.trim())); // whoever looks for words rather than for a command
      [...commands, search].forEach(({ item }) => { item.hidden = true; });
      shown.forEach(({ item }) => { item.hidden = false; list.append(item); });
      at = 0;
      mark();
    };
    const asked = (words) => {
      const address = new URL(search.element.href);
      address.searchParams.set("sok", words);
      search.element.href = address;
      search.element.querySelector("q").textContent = words;
      return search;
    };
    const run = (command) => {
      if (command.label) remember(command.label);
      const { press: key } = command.element.dataset;
      if (key) { dialog.close(); press(key); } else command.element.click();
    };
    field.addEventListener("input", draw);
    field.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && shown.length) { at = (at + step + shown.length) % shown.length; mark(); event.preventDefault(); }
      if (event.key === "Enter") { event.preventDefault(); if (shown[at]) run(shown[at]); }
    });
    list.addEventListener("click", (event) => {
      const command = commands.find(({ item }) => item.contains(event.target));
      if (!command) return;
      remember(command.label);
      if (command.element.dataset.press) {
        event.stopPropagation(); // a click outside of a menu closes it, also the one that this opens
        run(command);
      } else if (!command.element.contains(event.target)) command.element.click();
    });
    draw();
    field.focus();
  };
  document.addEventListener("gensvar:shown", (event) => open(event.target));
})();
