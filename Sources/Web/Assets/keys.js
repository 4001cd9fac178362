// Keys are declared on what they do: data-hotkey="n", or "g j" for one after the other. Silent while somebody types.
(() => {
  let first = "", at = 0;
  const rows = () => [...document.querySelectorAll("[data-rows] tr a[data-row]")];
  const move = (step) => {
    const all = rows(), here = all.indexOf(document.activeElement);
    all[here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step))]?.focus();
  };
  const help = () => {
    const dialog = document.querySelector("#keys"), list = dialog?.querySelector("dl");
    if (!list || dialog.open) return dialog?.close();
    const said = [];
    document.querySelectorAll("[data-hotkey]").forEach((e) => said.push([e.dataset.hotkey, e.getAttribute("aria-label") || e.dataset.keyLabel || e.textContent.trim()]));
    said.push(["j k", "Move down and up"], ["Enter", "Open"], ["?", "This list"]);
    list.replaceChildren(...said.flatMap(([key, words]) => {
      const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
      kbd.textContent = key; dt.append(kbd); dd.textContent = words;
      return [dt, dd];
    }));
    dialog.showModal();
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
    const now = Date.now(), both = now - at < 1000 ? first + " " + e.key : e.key;
    first = e.key; at = now;
    const found = document.querySelector(`[data-hotkey="${CSS.escape(both)}"]`) || document.querySelector(`[data-hotkey="${CSS.escape(e.key)}"]`);
    if (found) { e.preventDefault(); at = 0; return found.matches("input, select, textarea") ? found.focus() : found.click(); }
    if (e.key === "j" || e.key === "k") { e.preventDefault(); move(e.key === "j" ? 1 : -1); }
    if (e.key === "?") { e.preventDefault(); help(); }
  });

  // What can be copied gets a button, which is of no use without script.
  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const words = button.textContent;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 2000);
  });
  document.querySelectorAll("[data-copy]").forEach((b) => { b.hidden = !navigator.clipboard; });
})();
