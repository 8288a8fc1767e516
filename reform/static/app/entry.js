// The page of an entry: saves by itself, counts characters, takes dropped and pasted files. All of it is convenience.
(() => {
  "use strict";
  const form = document.getElementById("filing");
  const note = document.getElementById("note");
  const count = document.getElementById("count");
  if (!form || !note) return;
  const WAIT = 5000;
  const RETRY = 15000;
  let timer = 0;
  let dirty = false;
  let saving = false;
  let leaving = false;

  const tell = (words, link) => {
    const saved = document.getElementById("saved");
    saved.textContent = words;
    if (link) saved.append(" ", link);
  };

  const signIn = () => {
    const link = document.createElement("a");
    link.href = form.dataset.login;
    link.target = "_blank";
    link.textContent = form.dataset.signIn;
    return link;
  };

  // After signing in elsewhere this page holds an old token: take a new one from a fresh copy of it.
  const renew = async () => {
    const answer = await fetch(location.href, { redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[name=csrfmiddlewaretoken]");
    if (!fresh) return false;
    for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = fresh.value;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh.value }));
    return true;
  };

  const send = (keepalive) =>
    fetch(form.dataset.save, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
      keepalive,
      redirect: "error",
    });

  const save = async (again) => {
    clearTimeout(timer);
    if (!dirty || saving || leaving) return;
    saving = true;
    dirty = false;
    try {
      let answer = await send(false);
      const json = (answer.headers.get("Content-Type") || "").includes("json");
      if (answer.status === 403 && !json && !again && (await renew())) answer = await send(false);
      if (answer.status === 401) {
        dirty = true;
        tell(form.dataset.signedOut, signIn());
        timer = setTimeout(save, RETRY);
      } else {
        const body = await answer.json();
        if (!answer.ok) dirty = true;
        tell(body.saved || body.reason);
      }
    } catch {
      dirty = true;
      tell(form.dataset.offline);
      timer = setTimeout(save, RETRY);
    } finally {
      saving = false;
    }
  };

  const changed = () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  };

  const counted = () => {
    const most = Number(count.dataset.most);
    const used = Array.from(note.value).length;
    count.textContent = `${used.toLocaleString("en")} / ${most.toLocaleString("en")}`;
    count.classList.toggle("wrong", used > most);
  };

  form.addEventListener("input", changed);
  note.addEventListener("input", counted);
  if (note.value) counted();
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
  window.addEventListener("pageshow", () => (leaving = false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && dirty && !leaving) {
      dirty = false;
      send(true).then((answer) => (dirty = dirty || !answer.ok), () => (dirty = true));
    } else if (dirty) {
      save();
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !leaving) event.preventDefault();
  });

  // What was wrong is no longer so once it is changed.
  document.addEventListener("input", ({ target }) => {
    if (!target.hasAttribute("aria-invalid")) return;
    target.removeAttribute("aria-invalid");
    for (const id of (target.getAttribute("aria-describedby") || "").split(" ")) {
      if (id.endsWith("-error")) document.getElementById(id)?.remove();
    }
  });

  // A screenshot that is pasted is a file that was chosen.
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData && event.clipboardData.files;
    const input = document.querySelector("[data-drop]");
    if (!input || !files || !files.length) return;
    event.preventDefault();
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) tell(form.dataset.signedOut, signIn());
  });
})();
