// To fill in or to review: single keys for what the buttons do. Only outside fields and IME composition.
(() => {
  "use strict";
  const FIELD = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  const keys = document.getElementById("keys");

  const press = (found) => {
    const wanted = document.getElementById(found.dataset.needs);
    if (wanted && !wanted.value.trim()) found = wanted;
    for (let fold = found.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (!found.matches(FIELD)) return found.click();
    found.focus();
    found.scrollIntoView({ block: "center" });
  };

  addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const field = event.target.closest(FIELD);
    if (event.key === "Escape" && field) return field.blur();
    if (field) return;
    if (event.key === "?" && keys) {
      keys.open = !keys.open;
      event.preventDefault();
      return;
    }
    const key = event.key.toLowerCase();
    const found = /^[a-z1-9]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
    if (!found) return;
    event.preventDefault();
    press(found);
  });
})();
