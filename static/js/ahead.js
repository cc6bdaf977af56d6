/* Whoever is faster than the server is not punished: keys and clicks wait for what the one before them asked for. Then a
   key means what is open by then. A click meant what it pointed at: in the same conversation it is done; where the next
   one has come, a form is opened there, but what would act at once is only brought under the hand. */
"use strict";

const ahead = (() => {
  const BUSY = "#composer .htmx-request, .conversation form.htmx-request, .tools a.htmx-request, #toasts form.htmx-request, a.row.htmx-request";
  const ACTS = "#pane a[hx-get], #pane form[hx-post] button, #toasts form[hx-post] button";
  const NEAR = 10; // pixels between a press and its release that still are one click
  let waiting = [];
  let down = null; // what the pointer was pressed on, which may be gone when it is let go
  let swapped = 0;
  let clicked = 0;

  const isBusy = () => document.querySelector(BUSY) !== null;
  const open = () => document.querySelector("article[data-conversation]")?.dataset.conversation ?? "";
  const drain = () => setTimeout(() => { while (waiting.length && !isBusy()) waiting.shift()(); });
  const hold = (act) => waiting.push(act);
  const forget = () => { waiting = []; };

  const pathOf = (control) => {
    const address = control.getAttribute("hx-get") ?? control.form?.getAttribute("hx-post") ?? "";
    return `${address} ${control.name ?? ""} ${control.value ?? ""}`;
  };
  const counterpart = (control) => [...document.querySelectorAll(ACTS)].find((each) => each.tagName === control.tagName
    && (control.dataset.key ? each.dataset.key === control.dataset.key : pathOf(each) === pathOf(control)));
  const again = ({ control, conversation }) => {
    if (document.querySelector("#refusal, #pane [aria-invalid], #pane .errors")) return; // that has to be read first
    const found = control.isConnected ? control : counterpart(control);
    if (!found || found.getAttribute("aria-current")) return;
    if (found.closest("#toasts") || conversation === open() || found.matches(".verdicts a")) found.click();
    else found.focus();
  };

  document.addEventListener("pointerdown", (event) => {
    const control = event.button === 0 && event.target.closest(ACTS);
    down = control ? { control, conversation: open(), x: event.clientX, y: event.clientY } : null;
  }, true);
  document.addEventListener("pointerup", (event) => {
    const press = down;
    down = null;
    if (!press || press.control.isConnected || Math.hypot(event.clientX - press.x, event.clientY - press.y) > NEAR) return;
    hold(() => again(press));
    drain();
  }, true);
  document.addEventListener("click", (event) => {
    const control = event.target.closest?.(ACTS);
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // The other half of a double click that brought another conversation here is no verdict on that one.
    const isHalf = event.detail > 1 && swapped > clicked && control.matches("#pane button");
    clicked = event.detail ? performance.now() : clicked;
    if (!isHalf && !isBusy()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isHalf && !control.closest(".htmx-request")) { const conversation = open(); hold(() => again({ control, conversation })); }
  }, true);

  let before = open();
  document.body.addEventListener("htmx:afterSwap", () => {
    if (open() !== before) swapped = performance.now();
    before = open();
  });
  document.body.addEventListener("htmx:afterSettle", drain);
  document.body.addEventListener("htmx:afterRequest", drain);
  for (const failed of ["htmx:sendError", "htmx:responseError"]) document.body.addEventListener(failed, forget);
  return { hold, isBusy };
})();
