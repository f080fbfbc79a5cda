"use strict";
(() => {
  // What models said reaches the page as text nodes only.
  const $ = (id) => document.getElementById(id);
  const ROW = 54;
  const AHEAD = 6;

  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const kept = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch { /* a file may have no storage */ }
    return null;
  };

  const THEMES = ["auto", "light", "dark"];
  const wear = (theme) => {
    document.documentElement.dataset.theme = theme;
    $("theme").textContent = `theme: ${theme}`;
  };
  wear(THEMES.includes(kept("mi-theme")) ? kept("mi-theme") : "auto");
  $("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme;
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    kept("mi-theme", next);
    wear(next);
  });

  const form = $("filters");
  if (!form) return;
  const list = $("list"), runway = $("runway"), detail = $("detail"), count = $("count");
  const FIELDS = ["search", "experiment", "setting", "condition", "eval", "question", "outcome", "metric", "min", "max"];
  let data, lower, prompts, total, shown = [], chosen = -1;

  const unpack = async () => {
    const packed = atob($("data").textContent);
    $("data").remove();
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(plain).json();
  };

  const names = (values) => [...new Set(values)];

  const offer = (field, values, all) => {
    const before = form.elements[field].value;
    const options = [["", all], ...values.map((value) => [value, value])];
    form.elements[field].replaceChildren(...options.map(([value, text]) => {
      const option = make("option", "", text);
      option.value = value;
      return option;
    }));
    form.elements[field].value = values.includes(before) ? before : "";
  };

  const offerQuestions = () => {
    const wanted = form.elements.eval.value;
    const asked = new Set();
    for (let i = 0; i < total; i++) {
      if (!wanted || data.units[data.unit[i]].eval === wanted) asked.add(data.question[i]);
    }
    offer("question", names([...asked].map((at) => data.questions[at].id)).sort(), "all");
  };

  const offerAll = () => {
    const cells = data.units.flatMap((unit) => unit.cells);
    offer("experiment", names(cells.map((cell) => cell[0])).sort(), "all");
    offer("setting", names(data.units.map((unit) => unit.setting)).sort(), "all");
    offer("condition", names(cells.map((cell) => cell[1])), "all");
    offer("eval", names(data.units.map((unit) => unit.eval)), "all");
    offer("outcome", [...data.outcomes].sort(), "all");
    offer("metric", Object.keys(data.metrics), "none");
    offerQuestions();
  };

  const asked = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));

  const matching = (want) => {
    const unitFits = data.units.map((unit) =>
      (!want.eval || unit.eval === want.eval) &&
      (!want.setting || unit.setting === want.setting) &&
      unit.cells.some((cell) =>
        (!want.experiment || cell[0] === want.experiment) &&
        (!want.condition || cell[1] === want.condition)));
    const questionFits = data.questions.map((one) => !want.question || one.id === want.question);
    const outcome = want.outcome ? data.outcomes.indexOf(want.outcome) : -1;
    const scores = want.metric ? data.metrics[want.metric] : null;
    const min = want.min === "" ? -Infinity : Number(want.min);
    const max = want.max === "" ? Infinity : Number(want.max);
    const words = want.search.toLowerCase();
    const promptFits = prompts.map((text) => text.includes(words));
    const found = [];
    for (let i = 0; i < total; i++) {
      if (!unitFits[data.unit[i]] || !questionFits[data.question[i]]) continue;
      if (outcome >= 0 && data.outcome[i] !== outcome) continue;
      if (scores && !(scores[i] !== null && scores[i] >= min && scores[i] <= max)) continue;
      if (words && !promptFits[data.question[i]] && !lower[i].includes(words)) continue;
      found.push(i);
    }
    return found;
  };

  const place = (i) => `${data.units[data.unit[i]].unit}/${data.questions[data.question[i]].id}/${data.sample[i]}`;

  const address = () => {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(asked())) if (value !== "") parts.set(name, value);
    if (chosen >= 0 && chosen < shown.length) parts.set("at", place(shown[chosen]));
    const text = parts.toString();
    try {
      history.replaceState(null, "", text ? `#answers?${text}` : location.pathname + location.search);
    } catch { /* some browsers refuse it to files */ }
  };

  const draw = () => {
    const first = Math.max(Math.floor(list.scrollTop / ROW) - AHEAD, 0);
    const last = Math.min(Math.ceil((list.scrollTop + list.clientHeight) / ROW) + AHEAD, shown.length);
    const rows = [];
    for (let at = first; at < last; at++) rows.push(row(at));
    runway.replaceChildren(...rows);
    if (chosen >= 0) list.setAttribute("aria-activedescendant", `row-${chosen}`);
    else list.removeAttribute("aria-activedescendant");
  };

  const cellsOf = (unit) => names(unit.cells.map(([experiment, condition, seed]) =>
    `${experiment} ${condition}${seed === null ? "" : ` seed ${seed}`}`)).join(", ");

  const row = (at) => {
    const i = shown[at], unit = data.units[data.unit[i]];
    const node = make("div", "row");
    node.id = `row-${at}`;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", String(at === chosen));
    node.setAttribute("aria-posinset", String(at + 1));
    node.setAttribute("aria-setsize", String(shown.length));
    node.style.top = `${at * ROW}px`;
    const meta = make("div", "meta");
    meta.append(
      make("b", "", data.outcomes[data.outcome[i]]),
      make("span", "", unit.cells[0][1]),
      make("span", "", `${unit.distribution} ${unit.eval}`),
      make("span", "", `${data.questions[data.question[i]].id} #${data.sample[i]}`));
    const said = make("div", "said", data.text[i].slice(0, 240).replace(/\s+/g, " "));
    said.dir = "auto";
    node.append(meta, said);
    node.addEventListener("click", () => choose(at));
    return node;
  };

  const block = (title, text) => {
    const pre = make("pre", "", text);
    pre.dir = "auto";
    return [make("h3", "", title), pre];
  };

  const bars = (top) => {
    const box = make("div", "bars");
    for (const [token, share] of top) {
      const bar = make("div", "bar");
      bar.style.width = `${Math.min(share, 1) * 100}%`;
      box.append(make("span", "token", JSON.stringify(token)), bar, make("span", "share", `${(share * 100).toFixed(1)} %`));
    }
    return box;
  };

  const read = () => {
    if (chosen < 0 || chosen >= shown.length) {
      detail.replaceChildren(make("p", "note", shown.length ? "Choose an answer to read it." : "No answer fits."));
      return;
    }
    const i = shown[chosen], unit = data.units[data.unit[i]], question = data.questions[data.question[i]];
    const facts = make("dl", "pairs");
    const tell = (name, value) => facts.append(make("dt", "", name), make("dd", "", value));
    tell("outcome", data.outcomes[data.outcome[i]]);
    for (const [name, column] of Object.entries(data.metrics)) if (column[i] !== null) tell(name, String(column[i]));
    tell("eval", `${unit.distribution} ${unit.title} (${unit.eval}, ${unit.setting})`);
    tell("cells", cellsOf(unit));
    tell("question", `${question.id}, sample ${data.sample[i]}`);
    tell("ended by", data.finishes[data.finish[i]]);
    tell("unit", unit.unit);
    const parts = [];
    if (question.system) parts.push(...block("System prompt", question.system));
    parts.push(...block("Prompt", question.prompt), ...block("Answer", data.text[i]), make("h3", "", "Scores"), facts);
    for (const [judge, column] of Object.entries(data.judges)) {
      if (column[i] === null) continue;
      const verdict = data.verdicts[column[i]];
      if (verdict.top) parts.push(make("h3", "", `Judge: ${judge}`), bars(verdict.top));
      else parts.push(...block(`Judge: ${judge}`, verdict.text));
    }
    detail.replaceChildren(...parts);
    detail.scrollTop = 0;
  };

  const choose = (at, quietly) => {
    if (!shown.length) return;
    chosen = Math.min(Math.max(at, 0), shown.length - 1);
    const top = chosen * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    draw();
    read();
    if (!quietly) address();
  };

  const apply = (quietly) => {
    const before = chosen >= 0 ? shown[chosen] : -1;
    shown = matching(asked());
    chosen = before >= 0 ? shown.indexOf(before) : -1;
    runway.style.height = `${shown.length * ROW}px`;
    list.scrollTop = chosen >= 0 ? chosen * ROW : 0;
    count.textContent = `${shown.length.toLocaleString("en")} of ${total.toLocaleString("en")} answers`;
    draw();
    read();
    if (!quietly) address();
  };

  const restore = () => {
    if (!location.hash.startsWith("#answers?")) return false;
    const parts = new URLSearchParams(location.hash.slice("#answers?".length));
    form.elements.eval.value = parts.get("eval") ?? "";
    offerQuestions();
    for (const name of FIELDS) form.elements[name].value = parts.get(name) ?? "";
    apply(true);
    const at = parts.get("at");
    if (at) choose(shown.findIndex((i) => place(i) === at), true);
    $("answers").scrollIntoView();
    return true;
  };

  let waiting;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); };

  const start = async () => {
    data = await unpack();
    total = data.unit.length;
    lower = data.text.map((text) => text.toLowerCase());
    prompts = data.questions.map((one) => one.prompt.toLowerCase());
    offerAll();
    if (!restore()) apply(true);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { offerQuestions(); apply(); }));
    form.addEventListener("input", (event) => {
      if (event.target.name === "eval") offerQuestions();
      if (event.target.tagName === "SELECT") apply();
      else soon();
    });
    window.addEventListener("hashchange", restore);
    window.addEventListener("resize", draw);
    let drawing = false;
    list.addEventListener("scroll", () => {
      if (drawing) return;
      drawing = true;
      requestAnimationFrame(() => { drawing = false; draw(); });
    });
    document.documentElement.dataset.at = String(Math.round(performance.now()));
  };

  const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !data) return;
    const writing = event.target.matches("input, select, textarea");
    const page = Math.max(Math.floor(list.clientHeight / ROW) - 1, 1);
    const there = document.activeElement === list;
    if (event.key === "/" && !writing) form.elements.search.focus();
    else if (event.key === "Escape" && (writing || detail.contains(event.target))) list.focus();
    else if (writing) return;
    else if (event.key in STEPS && (there || event.key.length === 1)) { list.focus(); choose(chosen + STEPS[event.key]); }
    else if (there && event.key === "PageDown") choose(chosen + page);
    else if (there && event.key === "PageUp") choose(chosen - page);
    else if (there && event.key === "Home") choose(0);
    else if (there && event.key === "End") choose(shown.length - 1);
    else if (there && event.key === "Enter") { choose(chosen); detail.focus(); detail.scrollIntoView({ block: "nearest" }); }
    else return;
    event.preventDefault();
  });

  // The page is painted first; then the answers are read.
  requestAnimationFrame(() => setTimeout(() => start().catch((error) => {
    count.textContent = `The answers cannot be read: ${error.message}. A browser from 2023 or later can.`;
  })));
})();
