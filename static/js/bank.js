/* Svarsbank: § or Ctrl+J in the answer opens it, typing narrows it, Enter or a click puts the text at the cursor. */
"use strict";

(() => {
  const fold = (text) => text.toLowerCase().replace(/[åä]/g, "a").replace(/ö/g, "o");
  const put = (text) => {
    const field = document.getElementById("text");
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
  const narrow = (bank, asked) => bank.querySelectorAll("li").forEach((row) => { row.hidden = !fold(row.textContent).includes(fold(asked)); });
  const leave = (bank) => {
    bank.open = false;
    document.getElementById("text").focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-insert]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    link.closest("details").open = false;
    document.getElementById("reply-form").elements.template.value = link.dataset.template;
    put(link.dataset.insert);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "bank-search") narrow(event.target.closest("details"), event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    const isAsked = event.key === "§" || (event.ctrlKey && event.key.toLowerCase() === "j");
    const bank = document.querySelector("#composer .bank");
    if (!bank) return;
    if (event.target.id === "text" && isAsked) {
      event.preventDefault();
      const search = document.getElementById("bank-search");
      search.value = "";
      narrow(bank, "");
      bank.open = true;
      search.focus();
    } else if (event.target.id === "bank-search" && event.key === "Enter") {
      event.preventDefault(); // it stands in the form of the reply, which must not go out by it
      bank.querySelector("li:not([hidden]) [data-insert]")?.click();
    } else if (event.target.id === "bank-search" && event.key === "§") {
      event.preventDefault(); // twice is the sign itself
      leave(bank);
      put("§");
    } else if (event.target.closest?.(".bank") && event.key === "Escape") {
      event.preventDefault();
      leave(bank);
    }
  });
})();
