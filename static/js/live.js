/* News: a stream says that something has changed, the page asks what. Nothing that is being read moves: new rows wait
   behind a button, deadline chips are exchanged in place. Without the stream the page asks every 30 seconds. */
"use strict";

(() => {
  const list = document.getElementById("list");
  if (!list) return;
  let timer = null;

  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 30000);
    if (document.visibilityState === "hidden") return;
    const rows = [...document.querySelectorAll("a.row")].map((row) => row.dataset.row).slice(0, 200).join(",");
    const query = new URLSearchParams(list.dataset.query);
    query.set("sedan", list.dataset.drawn);
    query.set("rader", rows);
    htmx.ajax("GET", `${list.dataset.news}?${query}`, { target: "#news", swap: "innerHTML" });
  };

  const stream = new EventSource(list.dataset.events);
  stream.addEventListener("changed", ask);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("pagehide", () => stream.close());
  timer = setTimeout(ask, 30000);
})();
