// Every page: the menu closes by itself, a form is sent once however often its button is pressed, words go into fields.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // Words that are put into a field, to be changed there; a key leaves the hand outside of it.
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-into]");
    if (!pick) return;
    event.preventDefault();
    const field = document.getElementById(pick.dataset.into);
    const kept = document.getElementById(pick.dataset.words);
    const words = kept ? kept.textContent : pick.value;
    if (!`\n${field.value}\n`.includes(`\n${words}\n`)) {
      field.value = [field.value.trimEnd(), words].filter(Boolean).join("\n");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (event.detail) field.focus();
    else field.scrollIntoView({ block: "center" });
  });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
