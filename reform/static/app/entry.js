// The page of an entry: saves by itself, counts characters, takes pasted files.
(() => {
  "use strict";
  const form = document.getElementById("filing");
  const note = document.getElementById("note");
  const count = document.getElementById("count");
  if (!form || !note) return;
  const at = form.dataset; // typed: something is not saved
  const WAIT = 5000;
  const RETRY = 15000;
  let timer = 0;
  let saving = false;
  let leaving = false;

  const tell = (words, link) => {
    const saved = document.getElementById("saved");
    saved.textContent = words;
    if (link) saved.append(" ", link);
  };

  const signIn = () => {
    const link = document.createElement("a");
    link.href = at.login;
    link.target = "_blank";
    link.textContent = at.signIn;
    return link;
  };

  const send = (keepalive) =>
    fetch(at.save, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
      keepalive,
      redirect: "error",
    });

  const failed = ({ ok }) => {
    if (!ok) at.typed = "y";
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  const save = async () => {
    clearTimeout(timer);
    if (!at.typed || leaving) return;
    if (saving) return later(WAIT);
    saving = true;
    at.typed = "";
    const isJson = (answer) => (answer.headers.get("Content-Type") || "").includes("json");
    try {
      let answer = await send(false);
      if (answer.status === 403 && !isJson(answer) && (await renew())) answer = await send(false);
      failed(answer);
      if (isJson(answer)) {
        const body = await answer.json();
        tell(body.saved || body.reason);
        for (const id in body.parts) document.getElementById(id).innerHTML = body.parts[id];
      } else {
        if (answer.status === 401) tell(at.signedOut, signIn());
        else tell(at.failed);
        later(RETRY);
      }
    } catch {
      at.typed = "y";
      tell(at.offline);
      later(RETRY);
    } finally {
      saving = false;
    }
  };

  const counted = () => {
    const most = +count.dataset.most;
    const used = Array.from(note.value).length;
    count.textContent = `${used.toLocaleString("en")} / ${most.toLocaleString("en")}`;
    count.classList.toggle("wrong", used > most);
  };

  form.addEventListener("input", () => later(WAIT));
  note.addEventListener("input", counted);
  if (note.value) counted();
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", () => (leaving = false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && at.typed && !leaving) {
      at.typed = "";
      send(true).then(failed, () => failed({}));
    } else if (at.typed) {
      save();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (at.typed && !leaving) event.preventDefault();
  });

  // What was wrong is changed.
  addEventListener("input", ({ target }) => {
    if (!target.hasAttribute("aria-invalid")) return;
    target.removeAttribute("aria-invalid");
    for (const id of (target.getAttribute("aria-describedby") || "").split(" ")) {
      if (id.endsWith("-error")) document.getElementById(id)?.remove();
    }
  });

  // A pasted screenshot is a chosen file.
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData && event.clipboardData.files;
    const input = document.querySelector("[data-drop]");
    if (!input || !files || !files.length) return;
    event.preventDefault();
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
