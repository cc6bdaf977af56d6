/* News: a stream says that something has changed, the page asks what. Nothing that is being read moves: new rows wait
   behind a button, deadlines and badges are exchanged in place. Without the stream the page asks every 30 seconds. */
"use strict";

(() => {
  const inbox = document.querySelector(".inbox[data-news]");
  if (!inbox) return;
  const REST = 2000; // a storm of changes is one look in two seconds
  const PATIENCE = 30000; // without news; also how often a reader of the screen is told
  let timer = null;
  let last = 0;
  let running = false;
  let again = false;

  const address = () => {
    const list = document.getElementById("list");
    const query = new URLSearchParams(list.dataset.query);
    query.set("sedan", list.dataset.drawn);
    query.set("rader", [...document.querySelectorAll("a.row")].map((row) => row.dataset.row).join(","));
    const more = document.querySelector("#more a");
    if (more) query.set("efter", new URL(more.href).searchParams.get("efter"));
    const open = document.querySelector("article[data-conversation]");
    if (open) {
      query.set("oppen", open.dataset.conversation);
      query.set("revision", open.dataset.revision);
      query.set("ritad", open.dataset.drawn);
    }
    return `${inbox.dataset.news}?${query}`;
  };

  const ask = async () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") return;
    if (running) { again = true; return; }
    running = true;
    const asked = address();
    try {
      const answer = await fetch(asked, { headers: { "HX-Request": "true" } });
      if (answer.headers.get("HX-Redirect")) return; // signed out: whoever acts next is asked to sign in
      if (answer.ok && asked === address()) put(await answer.text());
    } catch { /* away for a moment: the next look will tell */ } finally {
      last = Date.now();
      running = false;
      timer = setTimeout(ask, again ? REST : PATIENCE);
      again = false;
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, REST - (Date.now() - last)));
  };

  const put = (html) => {
    const parts = new DOMParser().parseFromString(html, "text/html").body.children;
    for (const part of [...parts]) {
      const place = document.getElementById(part.id);
      if (part.id === "left") { leave(part.dataset.left.split(" ").filter(Boolean)); continue; }
      if (!place || place.outerHTML === part.outerHTML) continue;
      if (place.contains(document.activeElement) && place.textContent === part.textContent) continue;
      const hadFocus = place.contains(document.activeElement);
      place.replaceWith(part);
      htmx.process(part);
      if (hadFocus) part.querySelector("a, button")?.focus();
    }
    announce();
    document.body.dispatchEvent(new Event("gensvar:news"));
  };

  /* Who has been answered leaves the list, but not under the hand or the eye of somebody in it. */
  const leave = (ids) => {
    document.querySelectorAll(".rows > li[id]").forEach((li) => li.classList.toggle("gone", ids.includes(li.id.slice(4))));
    tidy();
  };
  const tidy = () => {
    const list = document.getElementById("list");
    if (list.matches(":hover") || list.contains(document.activeElement)) return;
    document.querySelectorAll(".rows > li.gone").forEach((li) => { if (!li.querySelector("[aria-current]")) li.remove(); });
  };
  inbox.addEventListener("pointerout", (event) => { if (event.target.closest("#list") && !event.relatedTarget?.closest?.("#list")) tidy(); });
  inbox.addEventListener("focusout", () => setTimeout(tidy));

  /* Status messages: at most one in half a minute, except what stops one from answering. */
  const told = { at: 0, words: "", timer: null };
  const announce = () => {
    const words = [document.querySelector("#news .news")?.firstChild.textContent, document.querySelector("#alerts strong")?.textContent].filter(Boolean).join(". ").trim();
    const urgent = document.querySelector("#meanwhile p, #lock p")?.firstChild.textContent.trim() ?? "";
    clearTimeout(told.timer);
    if (urgent && urgent !== told.urgent) { told.urgent = urgent; say(urgent); return; }
    if (!words || words === told.words) return;
    told.timer = setTimeout(() => { told.words = words; say(words); }, Math.max(0, PATIENCE - (Date.now() - told.at)));
  };
  const say = (words) => {
    told.at = Date.now();
    document.getElementById("announce").textContent = words;
  };

  /* One stream for each page that is looked at: a browser allows few to one host. */
  let stream = null;
  const listen = () => {
    if (document.visibilityState === "hidden") { stream?.close(); stream = null; return; }
    if (!stream) {
      stream = new EventSource(inbox.dataset.events);
      stream.addEventListener("changed", soon);
      stream.addEventListener("open", soon);
    }
  };
  document.addEventListener("visibilitychange", () => { listen(); ask(); });
  window.addEventListener("pagehide", () => stream?.close());
  document.body.addEventListener("gensvar:done", soon);
  listen();
  timer = setTimeout(ask, PATIENCE);
})();
