// Shows what has been written meanwhile, as long as nobody is writing or reading a form. Without it: reload the page.
(() => {
  const feed = document.getElementById("feed");
  if (!feed) return;

  const isBusy = () =>
    document.hidden || feed.contains(document.activeElement) || feed.querySelector("details[open]") ||
    [...feed.querySelectorAll("textarea")].some((field) => field.value);

  const refresh = async () => {
    if (isBusy()) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || isBusy()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("feed");
    if (fresh && fresh.innerHTML !== feed.innerHTML) feed.replaceChildren(...fresh.childNodes);
  };

  setInterval(refresh, 4000);
})();
