/* Choose several: X marks a row, Shift+X as far as here, A all that is shown. Buttons say how many; without a script the
   boxes and the form below them do the same. */
"use strict";

(() => {
  const inbox = document.querySelector(".inbox");
  if (!inbox || !document.getElementById("bulk")) return;
  const chosen = new Set(); // what is marked stays marked when the list is drawn anew
  const boxes = () => [...document.querySelectorAll(".pick input")];
  let last = null;

  const show = () => {
    for (const box of boxes()) box.checked = chosen.has(box.value);
    const count = chosen.size;
    inbox.toggleAttribute("data-picked", count > 0);
    document.querySelectorAll("#bulk [data-n]").forEach((place) => { place.textContent = count || ""; });
    const told = document.querySelector("[data-chosen]");
    if (told) told.textContent = count === 0 ? "" : count === 1 ? told.dataset.one : told.dataset.many.replace("%s", count);
  };
  const set = (box, on) => {
    on ? chosen.add(box.value) : chosen.delete(box.value);
    last = box.value;
  };
  const between = (box) => {
    const all = boxes();
    const [from, to] = [all.findIndex((each) => each.value === last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(Math.max(from, 0), to + 1).forEach((each) => chosen.add(each.value));
    last = box.value;
  };

  /* What the keyboard stands on: the row with the focus, else the one that is open. */
  const here = () => (document.activeElement.closest(".rows > li") ?? document.querySelector(".rows a.row[aria-current]")?.closest("li"))?.querySelector(".pick input");
  document.addEventListener("gensvar:pick", (event) => {
    const box = here();
    if (!box) return;
    event.detail.range && last ? between(box) : set(box, !chosen.has(box.value));
    show();
  });

  inbox.addEventListener("click", (event) => {
    const box = event.target.closest(".pick input");
    if (box) {
      event.shiftKey && last ? between(box) : set(box, box.checked);
      show();
    } else if (event.target.closest("[data-pick-all]")) {
      boxes().forEach((each) => chosen.add(each.value));
      show();
    } else if (event.target.closest("[data-pick-none]")) {
      chosen.clear();
      show();
      document.querySelector(".rows a.row[aria-current], .rows a.row")?.focus();
    }
  });
  document.body.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", () => { chosen.clear(); boxes().filter((box) => box.checked).forEach((box) => chosen.add(box.value)); show(); });
})();
