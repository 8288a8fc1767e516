// To fill in or to review: single keys for what the buttons do. Only outside fields and IME composition.
(() => {
  "use strict";
  const FIELD = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  const keys = document.getElementById("keys");
  let asked; // the empty reason that a key has just led to

  const press = (found) => {
    const wanted = document.getElementById(found.dataset.needs);
    if (wanted && !wanted.value.trim()) found = asked = wanted;
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
    // R, 2, R returns: right after R a digit is an opinion; in a field that somebody chose it is text.
    const opinion = field && field === asked && !field.value && /^[1-9]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"][data-into="${field.id}"]`);
    asked = undefined;
    if (opinion) field.blur();
    else if (field) return;
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
