/* What was done, beside what one does next: one word of it and one Ångra at a time, where nothing lies under them. */
"use strict";

(() => {
  const said = document.body.dataset;
  const place = document.getElementById("toasts");
  const TAKES = 10000; // milliseconds in which the server takes something back
  const all = () => [...place.querySelectorAll(".toast")];
  const canUndo = (toast) => toast.querySelector("[data-undo]") !== null;
  /* In one pane, and on pages without the inbox, what is below would jump when a toast goes by itself. */
  const stays = () => !document.querySelector(".inbox") || !matchMedia("(min-width: 50rem)").matches;

  /* Ångra takes back the newest first; how many more can be taken back stands beside it, and they come one by one. */
  const arrange = () => {
    const undoable = all().filter(canUndo);
    const newest = undoable.pop();
    undoable.forEach((toast) => { toast.hidden = true; });
    if (!newest) return;
    newest.hidden = false;
    const more = newest.querySelector(".further");
    more.textContent = undoable.length ? `${undoable.length} ${said.further}` : "";
  };
  const remove = (toast) => {
    toast.remove();
    arrange();
  };
  const over = (toast) => {
    if (toast.hidden || !stays()) { remove(toast); return; }
    if (!canUndo(toast)) return;
    toast.querySelector("form").remove();
    toast.querySelector(".further").remove();
    arrange();
  };
  const button = (toast) => {
    const close = toast.appendChild(document.createElement("button"));
    close.className = "button close";
    close.type = "button";
    close.ariaLabel = said.close;
    close.textContent = "×";
    close.addEventListener("click", () => remove(toast));
  };
  /* Whoever points at one, or stands in it, keeps it. */
  const time = (toast) => {
    let timer = null;
    const stop = () => clearTimeout(timer);
    const start = () => { stop(); timer = setTimeout(() => over(toast), TAKES); };
    toast.addEventListener("pointerenter", stop);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("pointerleave", start);
    toast.addEventListener("focusout", start);
    start();
  };
  const show = () => {
    const fresh = all().filter((toast) => !toast.dataset.shown);
    if (!fresh.length) return;
    const words = fresh.filter((toast) => !canUndo(toast));
    const last = words.find((toast) => toast.matches(".error")) ?? words.at(-1);
    for (const toast of all().filter((each) => !canUndo(each) && (words.length || !each.matches(".error")))) {
      if (toast === last) continue;
      if (words.includes(toast)) last.querySelector("span").prepend(`${toast.querySelector("span").textContent} `);
      toast.remove();
    }
    for (const toast of fresh.filter((each) => each.isConnected)) {
      toast.dataset.shown = "1";
      if (canUndo(toast)) toast.querySelector("span").after(Object.assign(document.createElement("span"), { className: "small further" }));
      button(toast);
      if (!toast.matches(".error")) time(toast);
    }
    arrange();
  };
  const tell = (text) => {
    const toast = document.createElement("div");
    toast.className = "toast error";
    toast.appendChild(document.createElement("span")).textContent = text;
    place.append(toast);
    show();
  };
  document.body.addEventListener("htmx:oobAfterSwap", show);
  document.body.addEventListener("htmx:sendError", () => tell(said.offline));
  document.body.addEventListener("htmx:responseError", () => tell(said.failed));
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const toast = event.detail.successful && event.detail.requestConfig.elt.closest(".toast");
    if (toast) remove(toast);
  });
  show();
})();
