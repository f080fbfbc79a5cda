"use strict";
(() => {
  // Text from models reaches the page as text nodes only.
  const $ = (id) => document.getElementById(id);
  const ROW_HEIGHT = 54;
  const OVERSCAN = 6;

  const element = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const stored = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch { /* a page opened from a file may have no storage */ }
    return null;
  };

  const THEMES = ["auto", "light", "dark"];
  const applyTheme = (theme) => {
    document.documentElement.dataset.theme = theme;
    $("theme").textContent = `theme: ${theme}`;
  };
  applyTheme(THEMES.includes(stored("mi-theme")) ? stored("mi-theme") : "auto");
  $("theme").addEventListener("click", () => {
    const current = document.documentElement.dataset.theme;
    const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length];
    stored("mi-theme", next);
    applyTheme(next);
  });

  const form = $("filters");
  if (!form) return;
  const list = $("list"), runway = $("runway"), detail = $("detail"), count = $("count");
  const FIELDS = ["search", "experiment", "setting", "condition", "eval", "question", "outcome", "metric", "min", "max"];
  let data, lower, prompts, total, matches = [], selected = -1;

  const unpack = async () => {
    const encoded = atob($("data").textContent);
    $("data").remove();
    const bytes = new Uint8Array(encoded.length);
    for (let i = 0; i < encoded.length; i++) bytes[i] = encoded.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  };

  const distinct = (values) => [...new Set(values)];

  const fillSelect = (field, values, all) => {
    const before = form.elements[field].value;
    const options = [["", all], ...values.map((value) => [value, value])];
    form.elements[field].replaceChildren(...options.map(([value, text]) => {
      const option = element("option", "", text);
      option.value = value;
      return option;
    }));
    form.elements[field].value = values.includes(before) ? before : "";
  };

  const fillQuestions = () => {
    const wanted = form.elements.eval.value;
    const questions = new Set();
    for (let i = 0; i < total; i++) {
      if (!wanted || data.units[data.unit[i]].eval === wanted) questions.add(data.question[i]);
    }
    fillSelect("question", distinct([...questions].map((index) => data.questions[index].id)).sort(), "all");
  };

  const fillSelects = () => {
    const cells = data.units.flatMap((unit) => unit.cells);
    fillSelect("experiment", distinct(cells.map((cell) => cell[0])).sort(), "all");
    fillSelect("setting", distinct(data.units.map((unit) => unit.setting)).sort(), "all");
    fillSelect("condition", distinct(cells.map((cell) => cell[1])), "all");
    fillSelect("eval", distinct(data.units.map((unit) => unit.eval)), "all");
    fillSelect("outcome", [...data.outcomes].sort(), "all");
    fillSelect("metric", Object.keys(data.metrics), "none");
    fillQuestions();
  };

  const filters = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));

  const matching = (wanted) => {
    const unitFits = data.units.map((unit) =>
      (!wanted.eval || unit.eval === wanted.eval) &&
      (!wanted.setting || unit.setting === wanted.setting) &&
      unit.cells.some((cell) =>
        (!wanted.experiment || cell[0] === wanted.experiment) &&
        (!wanted.condition || cell[1] === wanted.condition)));
    const questionFits = data.questions.map((one) => !wanted.question || one.id === wanted.question);
    const outcome = wanted.outcome ? data.outcomes.indexOf(wanted.outcome) : -1;
    const scores = wanted.metric ? data.metrics[wanted.metric] : null;
    const min = wanted.min === "" ? -Infinity : Number(wanted.min);
    const max = wanted.max === "" ? Infinity : Number(wanted.max);
    const needle = wanted.search.toLowerCase();
    const promptFits = prompts.map((text) => text.includes(needle));
    const found = [];
    for (let i = 0; i < total; i++) {
      if (!unitFits[data.unit[i]] || !questionFits[data.question[i]]) continue;
      if (outcome >= 0 && data.outcome[i] !== outcome) continue;
      if (scores && !(scores[i] !== null && scores[i] >= min && scores[i] <= max)) continue;
      if (needle && !promptFits[data.question[i]] && !lower[i].includes(needle)) continue;
      found.push(i);
    }
    return found;
  };

  const answerPath = (i) => `${data.units[data.unit[i]].unit}/${data.questions[data.question[i]].id}/${data.sample[i]}`;

  const updateAddress = () => {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(filters())) if (value !== "") parts.set(name, value);
    if (selected >= 0 && selected < matches.length) parts.set("at", answerPath(matches[selected]));
    const text = parts.toString();
    try {
      history.replaceState(null, "", text ? `#answers?${text}` : location.pathname + location.search);
    } catch { /* some browsers forbid it for files */ }
  };

  const drawRows = () => {
    const first = Math.max(Math.floor(list.scrollTop / ROW_HEIGHT) - OVERSCAN, 0);
    const last = Math.min(Math.ceil((list.scrollTop + list.clientHeight) / ROW_HEIGHT) + OVERSCAN, matches.length);
    const rows = [];
    for (let at = first; at < last; at++) rows.push(row(at));
    runway.replaceChildren(...rows);
    if (selected >= 0) list.setAttribute("aria-activedescendant", `row-${selected}`);
    else list.removeAttribute("aria-activedescendant");
  };

  const cellText = (unit) => distinct(unit.cells.map(([experiment, condition, seed]) =>
    `${experiment} ${condition}${seed === null ? "" : ` seed ${seed}`}`)).join(", ");

  const row = (at) => {
    const i = matches[at], unit = data.units[data.unit[i]];
    const node = element("div", "row");
    node.id = `row-${at}`;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", String(at === selected));
    node.setAttribute("aria-posinset", String(at + 1));
    node.setAttribute("aria-setsize", String(matches.length));
    node.style.top = `${at * ROW_HEIGHT}px`;
    const meta = element("div", "meta");
    meta.append(
      element("b", "", data.outcomes[data.outcome[i]]),
      element("span", "", unit.cells[0][1]),
      element("span", "", `${unit.distribution} ${unit.eval}`),
      element("span", "", `${data.questions[data.question[i]].id} #${data.sample[i]}`));
    const preview = element("div", "preview", data.text[i].slice(0, 240).replace(/\s+/g, " "));
    preview.dir = "auto";
    node.append(meta, preview);
    node.addEventListener("click", () => select(at));
    return node;
  };

  const block = (title, text) => {
    const pre = element("pre", "", text);
    pre.dir = "auto";
    return [element("h3", "", title), pre];
  };

  const bars = (top) => {
    const box = element("div", "bars");
    for (const [token, share] of top) {
      const bar = element("div", "bar");
      bar.style.width = `${Math.min(share, 1) * 100}%`;
      box.append(element("span", "token", JSON.stringify(token)), bar, element("span", "share", `${(share * 100).toFixed(1)} %`));
    }
    return box;
  };

  const showDetail = () => {
    if (selected < 0 || selected >= matches.length) {
      detail.replaceChildren(element("p", "note", matches.length ? "Select an answer to read it." : "No answer matches."));
      return;
    }
    const i = matches[selected], unit = data.units[data.unit[i]], question = data.questions[data.question[i]];
    const facts = element("dl", "pairs");
    const addFact = (name, value) => facts.append(element("dt", "", name), element("dd", "", value));
    addFact("outcome", data.outcomes[data.outcome[i]]);
    for (const [name, column] of Object.entries(data.metrics)) if (column[i] !== null) addFact(name, String(column[i]));
    addFact("eval", `${unit.distribution} ${unit.title} (${unit.eval}, ${unit.setting})`);
    addFact("cells", cellText(unit));
    addFact("question", `${question.id}, sample ${data.sample[i]}`);
    addFact("ended by", data.finishes[data.finish[i]]);
    addFact("unit", unit.unit);
    const parts = [];
    if (question.system) parts.push(...block("System prompt", question.system));
    if (question.history) parts.push(...block("Earlier turns", question.history));
    parts.push(...block("Prompt", question.prompt), ...block("Answer", data.text[i]), element("h3", "", "Scores"), facts);
    for (const [judge, column] of Object.entries(data.judges)) {
      if (column[i] === null) continue;
      const verdict = data.verdicts[column[i]];
      if (verdict.top) parts.push(element("h3", "", `Judge: ${judge}`), bars(verdict.top));
      else parts.push(...block(`Judge: ${judge}`, verdict.text));
    }
    detail.replaceChildren(...parts);
    detail.scrollTop = 0;
  };

  const select = (at, keepAddress) => {
    if (!matches.length) return;
    selected = Math.min(Math.max(at, 0), matches.length - 1);
    const top = selected * ROW_HEIGHT;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
    drawRows();
    showDetail();
    if (!keepAddress) updateAddress();
  };

  const apply = (keepAddress) => {
    const before = selected >= 0 ? matches[selected] : -1;
    matches = matching(filters());
    selected = before >= 0 ? matches.indexOf(before) : -1;
    runway.style.height = `${matches.length * ROW_HEIGHT}px`;
    list.scrollTop = selected >= 0 ? selected * ROW_HEIGHT : 0;
    count.textContent = `${matches.length.toLocaleString("en")} of ${total.toLocaleString("en")} answers`;
    drawRows();
    showDetail();
    if (!keepAddress) updateAddress();
  };

  const restore = () => {
    if (!location.hash.startsWith("#answers?")) return false;
    const parts = new URLSearchParams(location.hash.slice("#answers?".length));
    form.elements.eval.value = parts.get("eval") ?? "";
    fillQuestions();
    for (const name of FIELDS) form.elements[name].value = parts.get(name) ?? "";
    apply(true);
    const at = parts.get("at");
    if (at) select(matches.findIndex((i) => answerPath(i) === at), true);
    $("answers").scrollIntoView();
    return true;
  };

  let applyTimer;
  const applySoon = () => { clearTimeout(applyTimer); applyTimer = setTimeout(apply, 120); };

  const start = async () => {
    data = await unpack();
    total = data.unit.length;
    lower = data.text.map((text) => text.toLowerCase());
    prompts = data.questions.map((one) => one.prompt.toLowerCase());
    fillSelects();
    if (!restore()) apply(true);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { fillQuestions(); apply(); }));
    form.addEventListener("input", (event) => {
      if (event.target.name === "eval") fillQuestions();
      if (event.target.tagName === "SELECT") apply();
      else applySoon();
    });
    window.addEventListener("hashchange", restore);
    window.addEventListener("resize", drawRows);
    let isDrawing = false;
    list.addEventListener("scroll", () => {
      if (isDrawing) return;
      isDrawing = true;
      requestAnimationFrame(() => { isDrawing = false; drawRows(); });
    });
    document.documentElement.dataset.loadedMs = String(Math.round(performance.now()));
  };

  const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !data) return;
    const isTyping = event.target.matches("input, select, textarea");
    const page = Math.max(Math.floor(list.clientHeight / ROW_HEIGHT) - 1, 1);
    const isInList = document.activeElement === list;
    if (event.key === "/" && !isTyping) form.elements.search.focus();
    else if (event.key === "Escape" && (isTyping || detail.contains(event.target))) list.focus();
    else if (isTyping) return;
    else if (event.key in STEPS && (isInList || event.key.length === 1)) { list.focus(); select(selected + STEPS[event.key]); }
    else if (isInList && event.key === "PageDown") select(selected + page);
    else if (isInList && event.key === "PageUp") select(selected - page);
    else if (isInList && event.key === "Home") select(0);
    else if (isInList && event.key === "End") select(matches.length - 1);
    else if (isInList && event.key === "Enter") { select(selected); detail.focus(); detail.scrollIntoView({ block: "nearest" }); }
    else return;
    event.preventDefault();
  });

  // Paint the page first, then load the answers.
  requestAnimationFrame(() => setTimeout(() => start().catch((error) => {
    count.textContent = `The answers cannot be loaded: ${error.message}. Use a browser from 2023 or later.`;
  })));
})();
