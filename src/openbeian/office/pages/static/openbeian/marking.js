// Keys for marking: 1–5 choose, Enter or → saves, ← looks back, R writes a reason, Esc leaves it.
// The page is whole without this file. The keys can be switched off (WCAG 2.1.4) and never act inside a text field.
"use strict";
(() => {
  const place = document.querySelector("[data-marking]");
  if (!place) return;
  const form = place.querySelector("[data-form]");
  const why = place.querySelector("[data-why]");
  const keys = place.querySelector("[data-keys]");
  const button = keys.querySelector("[data-keys-switch]");
  const STORE = "openbeian-marking-keys";
  let isOn = true;
  try { isOn = localStorage.getItem(STORE) !== "off"; } catch { /* storage is closed: the keys stay on */ }

  const show = () => {
    keys.hidden = false;
    keys.querySelector("[data-keys-on]").hidden = !isOn;
    button.textContent = isOn ? button.dataset.off : button.dataset.on;
    for (const key of place.querySelectorAll("label kbd, summary kbd")) key.hidden = !isOn;
  };
  const follow = (rel) => { const link = place.querySelector(`a[rel="${rel}"]`); if (link) link.click(); };
  const save = () => {
    if (!form) return follow("next");
    const said = document.getElementById("say");
    if (form.querySelector("input[name=verdict]:checked")) return form.requestSubmit();
    said.hidden = true;
    said.hidden = false;
    form.querySelector("input[name=verdict]").focus();
  };
  const choose = (digit) => {
    const radio = form && form.querySelector(`input[data-key="${digit}"]`);
    if (!radio) return;
    radio.checked = true;
    radio.focus();
    document.getElementById("say").hidden = true;
  };
  const write = () => { if (why) { why.open = true; why.querySelector("textarea").focus(); } };
  const acts = { ArrowRight: save, ArrowLeft: () => follow("prev"), r: write, R: write };
  const isText = (node) => node.matches("textarea, select, input:not([type=radio])");
  const isActive = (node) => node.matches("a, button, summary, [contenteditable]");

  button.addEventListener("click", () => {
    isOn = !isOn;
    try { localStorage.setItem(STORE, isOn ? "on" : "off"); } catch { /* kept for this page only */ }
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!isOn || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (isText(at)) {
      if (event.key === "Escape" && form) (form.querySelector("input[name=verdict]:checked") || form.querySelector("input[name=verdict]")).focus();
      return;
    }
    let act = acts[event.key];
    if (event.key === "Enter" && !isActive(at)) act = save;
    if (/^[1-9]$/.test(event.key)) act = () => choose(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
  let isSent = false;
  if (form) form.addEventListener("submit", (event) => { if (isSent) event.preventDefault(); isSent = true; });
  window.addEventListener("pageshow", () => { isSent = false; });
  show();
})();
