// Every page: the menu closes by itself, a form is sent once, words go into fields, a refusal is told.
(() => {
  "use strict";
  addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // Words put into a field; a key leaves the hand outside.
  addEventListener("click", (event) => {
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
  // Every sign-in makes open pages' tokens void: take a new one from a page that anybody may open.
  window.renew = async () => {
    const answer = await fetch(document.body.dataset.renew, { redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[name=csrfmiddlewaretoken]");
    if (!fresh) return false;
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = fresh.value;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh.value }));
    return true;
  };
  // A script's refusal is said where it was asked for; typed words stay.
  const note = document.getElementById("refused").content.firstElementChild;
  note.setAttribute("role", "alert");
  const [said, way] = note.children;
  const failed = said.textContent;
  const refused = ({ detail: { elt, target, requestConfig, xhr } }) => {
    if (requestConfig.verb === "get") return;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const why = { 401: note.dataset.signedOut, 403: note.dataset.aged }[xhr.status];
    said.textContent = page.querySelector("h1")?.textContent || why || failed;
    way.hidden = xhr.status !== 401;
    (target.id === "main" ? elt : target).before(note);
    note.scrollIntoView({ block: "nearest" });
    document.querySelector("[aria-describedby=sentence]")?.removeAttribute("disabled");
    if (xhr.status === 403) renew().catch(() => {});
  };
  addEventListener("htmx:responseError", refused);
  addEventListener("htmx:sendError", refused);
  addEventListener("htmx:beforeRequest", () => note.remove());
  addEventListener("htmx:load", ({ target }) => {
    if (location.hash !== `#${target.id}`) return;
    target.querySelector("#comment")?.focus();
    target.scrollIntoView();
  });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  document.getElementById("running").prepend(document.title);
  addEventListener("input", ({ target }) => target.closest("form")?.setAttribute("data-typed", "y"));
  // Back again: what is owed is asked anew unless typed words were not sent, a form may be sent again.
  addEventListener("pageshow", ({ persisted }) => {
    const [way] = performance.getEntriesByType("navigation");
    const typed = persisted
      ? document.querySelector("[data-typed=y]:not([data-sent])")
      : [...document.querySelectorAll("main textarea, main input")].some((one) => one.value !== one.defaultValue);
    if (!typed && document.querySelector("[data-fresh]") && (persisted || way?.type === "back_forward")) {
      history.scrollRestoration = "manual";
      location.reload();
    }
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
