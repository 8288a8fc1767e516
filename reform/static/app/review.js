// The review queue: single keys for what the buttons do. Only outside fields and IME composition.
(() => {
  "use strict";
  const control = (key) => document.querySelector(`[data-key="${key}"]`);
  const why = document.getElementById("why");
  const keys = document.getElementById("keys");

  const giveBack = (button) => {
    const ticked = document.querySelector('[name="pick"]:checked');
    if (why.value.trim() || ticked) return button.click();
    why.focus();
    why.scrollIntoView({ block: "center" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && field === why && why) return why.blur();
    if (field) return;
    if (event.key === "?") {
      keys.open = !keys.open;
      event.preventDefault();
      return;
    }
    const key = event.key.toLowerCase();
    const found = /^[arjku1-9]$/.test(key) && control(key);
    if (!found) return;
    event.preventDefault();
    if (key === "r") giveBack(found);
    else found.click();
  });
})();
