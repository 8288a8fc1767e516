// Every page: the menu closes by itself, a form is sent once, words go into fields, a refusal is told.
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
  // Words put into a field, to be changed there; a key leaves the hand outside.
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
    if (xhr.status === 403) renew().catch(() => {});
  };
  document.addEventListener("htmx:responseError", refused);
  document.addEventListener("htmx:sendError", refused);
  document.addEventListener("htmx:beforeRequest", () => note.remove());
  document.addEventListener("htmx:load", ({ target }) => location.hash === `#${target.id}` && target.scrollIntoView());
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  document.getElementById("running").prepend(document.title);
  // Back again: what is owed is asked anew, a form may be sent again.
  window.addEventListener("pageshow", (event) => {
    const [way] = performance.getEntriesByType("navigation");
    if (document.querySelector("[data-fresh]") && (event.persisted || way?.type === "back_forward")) location.reload();
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
