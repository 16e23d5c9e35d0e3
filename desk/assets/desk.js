// Keys for lists and single actions. Everything works without it.
"use strict";
(function () {
  const rows = Array.from(document.querySelectorAll("table[data-keys] tbody tr"));
  let at = -1;
  function go(n) {
    if (!rows.length) return;
    if (at >= 0) rows[at].removeAttribute("aria-selected");
    at = Math.max(0, Math.min(rows.length - 1, n));
    rows[at].setAttribute("aria-selected", "true");
    const link = rows[at].querySelector("a");
    if (link) link.focus();
  }
  // A campaign goes on by itself while its page is open.
  const next = document.querySelector("form[data-continue] button");
  if (next) setTimeout(function () { next.click(); }, 300);
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    if (e.key === "j") go(at + 1);
    else if (e.key === "k") go(at - 1);
    else if (e.key === "e") {
      const edit = document.querySelector("[data-edit]");
      if (edit) { e.preventDefault(); edit.focus(); }
    } else {
      const button = document.querySelector('button[data-key="' + CSS.escape(e.key) + '"]');
      if (button) button.focus();
    }
  });
})();
