/* What is open beside the list: where the focus goes, which row is marked, and what was typed. */
"use strict";

(() => {
  const said = document.body.dataset;
  const pane = document.getElementById("pane");

  if (!pane) return;

  /* Drafts: what is typed stays in this browser until it is sent, also over a session that has run out. */
  const KEEP = 7 * 24 * 3600 * 1000;
  const keyOf = (field) => `gensvar-draft-${said.user}-${field.dataset.draft}`;
  const forget = (conversation) => {
    const start = `gensvar-draft-${said.user}-${conversation}-`;
    Object.keys(localStorage).filter((key) => key.startsWith(start) && !key.endsWith("-note")).forEach(store.drop);
  };
  /* What comes in was drawn before what is being typed was kept: the same form has it back, unless it was sent. */
  let typed = new Map();
  document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const fields = detail.requestConfig.verb === "get" ? [...detail.target.querySelectorAll("textarea[data-draft]")] : [];
    typed = new Map(fields.filter((field) => field.value !== field.defaultValue)
      .map((field) => [field.dataset.draft, { given: field.defaultValue, text: field.value }]));
  });
  const restore = (root) => root.querySelectorAll("textarea[data-draft]").forEach((field) => {
    const kept = JSON.parse(store.get(keyOf(field)) || "null");
    const was = typed.get(field.dataset.draft);
    field.dataset.given = field.value;
    if (kept && kept.at > 1000 * (field.dataset.saved ?? 0) && Date.now() - kept.at < KEEP && !field.matches("[aria-invalid]")) {
      field.value = kept.text;
      field.closest("details")?.setAttribute("open", "");
      for (const [name, value] of Object.entries(kept.beside ?? {})) if (field.form.elements[name]) field.form.elements[name].value = value;
    } else if (was?.given === field.defaultValue) {
      field.value = was.text;
    }
    count(field);
  });
  const count = (field) => {
    const place = field.form?.querySelector("[data-count]");
    if (!place) return;
    const [length, most] = [[...field.value].length, Number(field.dataset.most)];
    const known = (field.dataset.signatures ?? "").split("|").filter(Boolean);
    const fitting = known.find((each) => length + 1 + each.length <= most) ?? known.at(-1) ?? "";
    const shown = field.form.querySelector("[data-signature]");
    if (shown) shown.textContent = fitting;
    const whole = length + (fitting ? fitting.length + 1 : 0);
    place.textContent = field.value ? `${whole} ${said.of} ${most} ${said.characters}` : "";
    place.classList.toggle("too-long", whole > most);
  };
  const keep = (field) => {
    const beside = {};
    for (const input of field.form.querySelectorAll("[data-promise]")) beside[input.name] = input.value;
    if (field.value === field.dataset.given) store.drop(keyOf(field));
    else store.set(keyOf(field), JSON.stringify({ text: field.value, at: Date.now(), beside }));
  };
  document.addEventListener("input", (event) => {
    if (!event.target.matches("textarea[data-draft]")) return;
    keep(event.target);
    count(event.target);
  });

  /* The promised time stands in the text as well as in its fields: one follows the other. Citizens read Swedish. */
  const WEEKDAYS = ["söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"];
  const MONTHS = ["jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"];
  const phrase = (form) => {
    const [day, time] = [form.elements.promised_day.value, form.elements.promised_time.value];
    const [year, month, date] = day.split("-").map(Number);
    if (!date || !time) return "";
    const [y, m, d] = form.dataset.today.split("-").map(Number);
    const ahead = Math.round((Date.UTC(year, month - 1, date) - Date.UTC(y, m - 1, d)) / 86400000);
    const name = ["i dag", "i morgon"][ahead] ?? `${WEEKDAYS[new Date(Date.UTC(year, month - 1, date)).getUTCDay()]} ${date} ${MONTHS[month - 1]}${year === y ? "" : ` ${year}`}`;
    return `${name} kl. ${time.replace(":", ".")}`;
  };
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-promise]")) event.target.form.dataset.phrase = phrase(event.target.form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!event.target.matches("[data-promise]")) return;
    const [before, after, field] = [form.dataset.phrase, phrase(form), form.elements.text];
    if (before && after) field.value = field.value.replace(before, after);
    form.dataset.phrase = after || before;
    keep(field);
  });

  /* After each change the focus moves on purpose: to the one who wrote, or to what has to be filled in. */
  const mark = () => {
    const article = pane.querySelector("[data-conversation]");
    document.querySelector(".inbox").toggleAttribute("data-open", Boolean(article) || Boolean(pane.querySelector("#who")));
    document.querySelectorAll("a.row").forEach((row) => {
      const isOpen = row.dataset.row === article?.dataset.conversation;
      isOpen ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current");
      if (isOpen) row.scrollIntoView({ block: "nearest" });
    });
    const thread = pane.querySelector(".thread");
    const theirs = [...pane.querySelectorAll(".theirs")].pop();
    if (!thread || !theirs) return;
    const below = theirs.getBoundingClientRect().bottom - thread.getBoundingClientRect().bottom;
    if (below > 0) thread.scrollTop += Math.min(below + 16, theirs.getBoundingClientRect().top - thread.getBoundingClientRect().top - 16);
  };
  const focusComposer = () => {
    const composer = document.getElementById("composer");
    const choice = composer?.querySelector(".choices [data-key]:not([aria-current])");
    const text = composer?.querySelector("#text");
    if (text && (text.value || !choice)) {
      text.focus({ preventScroll: false });
      text.setSelectionRange(text.value.length, text.value.length);
    } else {
      (choice ?? text ?? composer?.querySelector("form.form :is(select, textarea, input:not([type=hidden]), button)"))?.focus();
    }
  };
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id === "pane") {
      restore(pane);
      mark();
      const wrong = pane.querySelector("[aria-invalid]") ?? document.getElementById("refusal");
      (wrong ?? document.getElementById("who"))?.focus();
      if (!wrong && !matchMedia("(min-width: 50rem)").matches) scrollTo(0, 0);
    } else if (target.id === "list") {
      mark();
      document.getElementById("list-title")?.focus();
    }
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "composer") return;
    document.querySelector(".tools details.menu[open]")?.removeAttribute("open");
    restore(event.detail.elt);
    focusComposer();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { successful, xhr, requestConfig: { elt } } = event.detail; // the form itself may be gone by now
    if (!elt.matches("form[hx-post]") || !successful || xhr.status === 422) return;
    const field = elt.querySelector("textarea[data-draft]");
    if (elt.id === "reply-form") forget(field.dataset.draft.split("-")[0]);
    else if (field) store.drop(keyOf(field));
    document.body.dispatchEvent(new Event("gensvar:done"));
  });

  /* A row is a link with a page of its own; on the way back the browser draws the page anew. */
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.matches("a.row") && event.detail.triggeringEvent?.metaKey) event.preventDefault();
  });

  /* A row that is opened while a verdict is on its way waits for what became of that: whose form is gone hears nothing. */
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.detail.elt;
    if (!row.matches("a.row") || !pane.querySelector("form.htmx-request")) return;
    event.preventDefault();
    document.body.addEventListener("htmx:afterRequest", () => setTimeout(() => row.isConnected && row.click()), { once: true });
  });

  /* Where the views lie side by side, the one that is shown is in sight. */
  const views = document.querySelector(".views");
  const here = views.querySelector("a[aria-current]");
  if (here) views.scrollLeft += here.getBoundingClientRect().left - views.getBoundingClientRect().left - 16;

  restore(pane);
  mark();
  // The browser itself goes to the fragment once all is loaded, and takes the focus with it.
  if (location.hash === "#composer") window.addEventListener("load", () => setTimeout(focusComposer));
  else if (pane.querySelector("[aria-invalid]")) pane.querySelector("[aria-invalid]").focus();
  else if (document.getElementById("refusal")) document.getElementById("refusal").focus();
})();
