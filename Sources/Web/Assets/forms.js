// A form that says back what it understood: <form data-preview="/path" data-preview-into="id"> sends itself there by its own method while
// somebody types, and shows the part of a page that comes back. The last question's answer wins. data-preview-of names the beginning of
// the fields that it is about: the others are not sent, but for those that begin with an underscore.
(() => {
  for (const form of document.querySelectorAll("form[data-preview]")) {
    const place = document.getElementById(form.dataset.previewInto);
    const of = form.dataset.previewOf ?? "";
    let timer, asking;
    const ask = async () => {
      asking?.abort();
      const mine = (asking = new AbortController());
      const fields = [...new FormData(form)].filter(([name]) => name[0] === "_" || name.startsWith(of));
      try {
        const sent = new URLSearchParams(fields), path = form.dataset.preview, signal = mine.signal;
        const answer = await (form.method === "get" ? fetch(path + "&" + sent, { signal }) : fetch(path, { method: "POST", body: sent, signal }));
        if (answer.ok || answer.status === 422) place.innerHTML = await answer.text();
      } catch { /* The next one may get through; the form works without. */ }
    };
    form.addEventListener("input", (e) => {
      if (!e.target.name.startsWith(of)) return;
      clearTimeout(timer);
      timer = setTimeout(ask, 250);
    });
  }
  // Boxes that stand for a whole list: <input type=checkbox data-all="name">.
  document.addEventListener("change", (e) => {
    const name = e.target.dataset?.all;
    if (name) document.querySelectorAll(`input[name="${name}"]`).forEach((b) => { b.checked = e.target.checked; });
  });
})();
