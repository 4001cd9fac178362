"use strict";
// Regions of a page fetch themselves again when the server says that something they show has changed, and now and then anyway. One
// stream a page, and only while somebody looks: browsers allow few connections to one server. Where streams do not get through, a
// region asks by itself.
(() => {
  const regions = [...document.querySelectorAll("live-region")];
  const address = document.body.dataset.stream;
  if (!regions.length || !address) return;
  const button = document.querySelector("[data-live]"), voice = document.querySelector("[data-voice]");
  const slow = 6e4, poll = 15e3, silence = 4e4;
  let source, heard = 0, timer, wait = 500, busy = false, wanted = new Set(), paused = false, over = false;

  // Makes `old` like `now` and keeps what people did: focus, what is typed, ticked or folded open, and how far is scrolled.
  const morph = (old, now) => {
    if (old.nodeName !== now.nodeName || old.id !== now.id) return old.replaceWith(now);
    if (old.nodeType !== 1) { if (old.data !== now.data) old.data = now.data; return; }
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
    children(old, now);
  };
  const children = (old, now) => {
    const known = new Map([...old.children].filter((e) => e.id).map((e) => [e.id, e]));
    let place = old.firstChild;
    for (const fresh of [...now.childNodes]) {
      const same = fresh.id && known.get(fresh.id);
      if (same && same !== place) old.insertBefore(same, place);
      const match = same || (place && !(place.id && place.id !== fresh.id) ? place : null);
      if (match) { place = match.nextSibling; morph(match, fresh); } else old.insertBefore(fresh, place);
    }
    while (place) { const next = place.nextSibling; place.remove(); place = next; }
  };

  const news = (region) => {
    const told = region.querySelector("[data-title]");
    if (told) {
      document.title = told.dataset.title;
      const icon = document.querySelector("link[rel=icon]");
      if (icon && told.dataset.icon && icon.getAttribute("href") !== told.dataset.icon) icon.href = told.dataset.icon;
    }
    const said = region.querySelector("[data-say]")?.textContent.trim();
    if (said && voice && region.said !== undefined && region.said !== said) voice.textContent = said;
    region.said = said;
  };

  const fetchRegion = async (region) => {
    const answer = await fetch(region.getAttribute("src"), { redirect: "manual", headers: { Accept: "text/html" } });
    if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) return stop("You are signed out, or this is gone. Load the page again.");
    if (!answer.ok) throw new Error(answer.status);
    const fresh = document.createElement("template");
    // As in the page, which has its lines: what stands where it stood is kept, and with it the focus.
    fresh.innerHTML = "\n" + (await answer.text());
    fresh.content.querySelectorAll("[data-copy]").forEach((b) => { b.hidden = !navigator.clipboard; });
    children(region, fresh.content);
    news(region);
  };

  // What takes long is asked for less often: at most a tenth of the time goes into it.
  const refresh = async () => {
    timer = undefined;
    if (busy || paused || over || document.hidden) return;
    busy = true;
    const topics = wanted, begun = performance.now();
    wanted = new Set();
    const due = regions.filter((r) => topics.has("*") || r.getAttribute("topic").split(" ").some((t) => topics.has(t)));
    try {
      await Promise.all(due.map(fetchRegion));
      wait = Math.max(500, 9 * (performance.now() - begun));
    } catch { wait = Math.min(60000, 2 * wait); }
    busy = false;
    ask(wanted.size ? [] : ["*"], wanted.size ? wait : source && source.readyState === 1 ? slow : poll);
  };
  const ask = (topics, after = wait) => {
    topics.forEach((t) => wanted.add(t));
    const at = performance.now() + after;
    if (timer && timer.at <= at) return;
    if (timer) clearTimeout(timer.id);
    timer = { at, id: setTimeout(refresh, after) };
  };

  const open = () => {
    if (source || paused || over || document.hidden) return;
    source = new EventSource(address);
    heard = Date.now();
    source.onopen = () => { heard = Date.now(); ask(["*"]); };
    source.addEventListener("beat", () => { heard = Date.now(); });
    source.addEventListener("resync", () => { heard = Date.now(); ask(["*"]); });
    source.addEventListener("change", (e) => { heard = Date.now(); ask(e.data.split(" ")); });
  };
  const close = () => { source?.close(); source = undefined; };
  const stop = (words) => { over = true; close(); if (voice) voice.textContent = words; if (button) { button.textContent = words; button.disabled = true; } };

  setInterval(() => {
    if (source && (source.readyState === 2 || Date.now() - heard > silence)) { close(); ask(["*"], poll); } else if (!source) open();
  }, 30000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close(); else { open(); ask(["*"], 0); }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (e) => { if (e.persisted) { open(); ask(["*"], 0); } });
  if (button) {
    button.hidden = false;
    button.onclick = () => {
      paused = !paused;
      button.textContent = paused ? "Go live again" : "Live. Pause";
      if (paused) close(); else { open(); ask(["*"], 0); }
    };
  }
  regions.forEach(news);
  open();
  ask(["*"], slow);
})();
