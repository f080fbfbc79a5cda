"use strict";
(async () => {
  const $ = (id) => document.getElementById(id);

  const unpack = async () => {
    const encoded = atob($("data").textContent);
    const bytes = Uint8Array.from(encoded, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  };

  const { items, file } = await unpack();
  const key = `labels:${file}:${items.length ? items[0].answer : ""}`;
  const labels = new Map();
  const read = () => {
    try {
      for (const [answer, label] of JSON.parse(localStorage.getItem(key) || "[]")) {
        labels.set(answer, label);
      }
    } catch { /* this browser keeps nothing: the file is all there is */ }
  };
  const keep = () => {
    try { localStorage.setItem(key, JSON.stringify([...labels])); } catch { /* as above */ }
  };
  const firstOpen = () => {
    const index = items.findIndex((item) => !labels.has(item.answer));
    return index < 0 ? items.length : index;
  };

  read();
  let position = firstOpen();

  const show = () => {
    const item = items[position];
    $("progress").textContent = `${labels.size} of ${items.length} labelled`;
    $("item").hidden = !item;
    $("end").hidden = Boolean(item);
    if (!item) return;
    $("system").hidden = $("system-title").hidden = !item.system;
    $("system").textContent = item.system || "";
    $("prompt").textContent = item.prompt;
    $("text").textContent = item.text;
    $("text").scrollTop = 0;
  };
  const give = (label) => {
    if (!items[position]) return;
    labels.set(items[position].answer, { label, at: new Date().toISOString() });
    keep();
    position += 1;
    while (items[position] && labels.has(items[position].answer)) position += 1;
    show();
  };
  const back = () => {
    position = Math.max(position - 1, 0);
    show();
  };
  const save = () => {
    const lines = [...labels].map(([answer, one]) => JSON.stringify({ answer, ...one }) + "\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  for (const button of document.querySelectorAll("[data-label]")) {
    button.addEventListener("click", () => give(button.dataset.label));
  }
  $("back").addEventListener("click", back);
  $("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const label = { y: "yes", n: "no", u: "unsure" }[event.key];
    if (label) give(label);
    else if (event.key === "b") back();
  });
  show();
})();
