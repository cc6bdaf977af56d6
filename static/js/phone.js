/* The home screen: the worker, push on and off, and a swipe on a row. Whoever does not swipe has the buttons. */
"use strict";

(() => {
  if (!("serviceWorker" in navigator) || !document.body.dataset.user) return;
  navigator.serviceWorker.register("/sw.js").catch(() => { /* without it the pages work as before */ });

  const box = document.querySelector("[data-push]");
  if (box && "PushManager" in window) {
    const button = box.querySelector("button");
    const said = box.querySelector("[role=status]");
    const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const tell = (address, off) => fetch(box.dataset.push, {
      method: "POST", headers: { "X-CSRFToken": box.querySelector("[name=csrfmiddlewaretoken]").value },
      body: new URLSearchParams(off ? { address, off: "1" } : { address }),
    });
    const draw = (subscription) => { button.textContent = subscription ? box.dataset.off : box.dataset.on; button.setAttribute("aria-pressed", String(Boolean(subscription))); };
    navigator.serviceWorker.ready.then(async (worker) => {
      draw(await worker.pushManager.getSubscription());
      box.hidden = false;
      button.addEventListener("click", async () => {
        const known = await worker.pushManager.getSubscription();
        try {
          if (known) { await tell(known.endpoint, true); await known.unsubscribe(); draw(null); said.textContent = box.dataset.saidOff; return; }
          const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
          const answer = await tell(made.endpoint, false);
          if (!answer.ok) { await made.unsubscribe(); throw new Error("refused"); }
          draw(made);
          said.textContent = box.dataset.saidOn;
        } catch { said.textContent = box.dataset.failed; }
      });
    });
  }
})();

(() => {
  const list = document.querySelector(".inbox");
  if (!list || !matchMedia("(pointer: coarse)").matches) return;
  const FAR = 0.35; // of the row's width: less was no swipe
  let start = null;
  const row = (target) => target.closest?.(".rows > li[id^=row-]");
  list.addEventListener("touchstart", (event) => {
    const li = row(event.target);
    start = li && event.touches.length === 1 ? { li, x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
  }, { passive: true });
  list.addEventListener("touchmove", (event) => {
    if (!start) return;
    const [x, y] = [event.touches[0].clientX - start.x, event.touches[0].clientY - start.y];
    if (Math.abs(y) > Math.abs(x)) { start.li.classList.remove("swiped-right", "swiped-left"); start = null; return; }
    const far = Math.abs(x) > FAR * start.li.offsetWidth;
    start.li.classList.toggle("swiped-right", far && x > 0);
    start.li.classList.toggle("swiped-left", far && x < 0);
  }, { passive: true });
  list.addEventListener("touchend", () => {
    if (!start) return;
    const { li } = start;
    const link = li.querySelector("a.row");
    const [done, rests] = [li.classList.contains("swiped-right"), li.classList.contains("swiped-left")];
    li.classList.remove("swiped-right", "swiped-left");
    start = null;
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
    const address = new URL(link.href);
    if (done) { address.searchParams.set("beslut", "no_reply"); location.href = `${address.pathname}${address.search}#composer`; }
    if (rests && token) htmx.ajax("POST", `${address.pathname}vila/${address.search}`, { target: "#pane", swap: "innerHTML", values: { until: "tomorrow", csrfmiddlewaretoken: token } });
  });
})();
