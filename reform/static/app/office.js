// The back office: the search boxes of Django's admin get the names of their fields, for who listens.
(() => {
  "use strict";
  const name = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete[id]")) {
      const label = document.querySelector(`label[for="${select.id}"]`);
      const shown = select.parentElement.querySelector(".select2-selection__rendered:not([aria-label])");
      if (label && shown) shown.setAttribute("aria-label", label.textContent.trim().replace(/[:：]$/, ""));
    }
  };
  // The boxes come when jQuery thinks the page is ready, and with every post that is added.
  document.addEventListener("DOMContentLoaded", () => {
    name();
    new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
  });
})();
