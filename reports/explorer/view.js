"use strict";
// The page: it draws what the state says and writes back what the reader does.

const model = JSON.parse(document.getElementById("data").textContent);
const words = Words(model);
const by = (id) => document.getElementById(id);
const weighed = model.items.map((item) => 100 * item.weight);
const parts = model.items[0].children;
const SORTS = ["place", "region", "score", "coverage", "published", ...parts.map((n) => model.items[n].id)];

const page = {
  model,
  published: Scoring.compute(model, weighed),
  say: (key, values) => words.say(page.state.lang, key, values),
  number: (value, digits) => words.number(page.state.lang, value, digits),
  score: (n, value) => words.number(page.state.lang, value, model.items[n].score_digits),
  name: (both) => both[page.state.lang],
  link: (change) => State.write({ ...page.state, ...change }, model),
  group: (at) => {
    const place = page.result.groups[at];
    const status = page.result.status[at];
    if (status !== "ranked" && (status !== "grouped" || place === null)) return page.say(status);
    return place === null ? "" : page.say("group_of", { label: model.groups.labels[place] });
  },
  measured: (item, at) => {
    if (item.children.length) return "";
    const value = model.values[item.id][at];
    if ((model.hidden[item.id] || []).includes(at)) return page.say("suppressed");
    const filled = model.imputed[item.id].includes(at);
    if (value === null) return filled ? `* ${page.say("imputed")}` : MISSING;
    const unit = item.unit ? ` ${page.name(item.unit)}` : "";
    return `${page.number(value, item.digits)}${unit}`;
  },
  byPlace: () => sorted({ sort: "place", falling: false }),
};
page.state = State.read(location.hash, model, SORTS);
// Where some are not told, the published places are still among all, as in the report.
if (model.told) page.published.ranks = model.items.map((item) => model.ranks[item.id]);

const columns = () => [
  { key: "place", label: page.say("place"), of: (r) => page.result.ranks[0][r], digits: 0 },
  // The style sheet shows it beside the reader's own weights only.
  { key: "published", label: page.say("published"), of: (r) => page.published.ranks[0][r], kind: "number was",
    text: (r) => `${page.published.ranks[0][r]} ${page.result.ranks[0][r]}`, fill: (cell, r) => cell.replaceChildren(...[moved(r)].flat()) },
  { key: "region", label: page.say("region"), of: (r) => page.name(model.regions[r].name), text: (r) => page.name(model.regions[r].name),
    fill: (cell, r, text) => { cell.firstChild.textContent = text; } },
  { label: page.say("group"), text: grouped, kind: "group", fill: (cell, r, text) =>
    cell.replaceChildren(...(page.result.groups[r] === null ? [] : [swatch(page.result.groups[r])]), text) },
  { key: "score", label: page.say("score"), of: (r) => page.result.scores[0][r], digits: model.items[0].score_digits },
  ...parts.map((n) => ({
    key: model.items[n].id, label: page.name(model.items[n].name),
    of: (r) => page.result.scores[n][r], digits: model.items[n].score_digits,
  })),
  { key: "coverage", label: page.say("coverage"), of: (r) => model.regions[r].coverage,
    text: (r) => `${model.regions[r].present} / ${model.total}` },
];

function grouped(at) {
  const place = page.result.groups[at];
  return place === null ? page.group(at) : model.groups.labels[place];
}

// The published place, and how far the reader's weights move the region from it.
function moved(at) {
  const [before, now] = [page.published.ranks[0][at], page.result.ranks[0][at]];
  if (before === null || now === null) return page.number(before, 0);
  const n = Math.abs(before - now);
  const mark = n === 0 ? "=" : `${before > now ? "▲" : "▼"}${page.number(n, 0)}`;
  const told = n === 0 ? page.say("same") : page.say(before > now ? "up" : "down", { n });
  const aloud = element("span", { class: "aloud" }, ` (${told})`);
  return [page.number(before, 0), element("span", { class: "moved", "aria-hidden": "true" }, mark), aloud];
}

function sorted({ sort, falling }) {
  const chosen = columns().find(({ key }) => key === sort) || columns()[0];
  const compared = new Intl.Collator(page.state.lang, { numeric: true });
  const names = model.regions.map(({ name }) => page.name(name));
  const last = (x, y) => (x === null) - (y === null);
  const order = (x, y) => (typeof x === "string" ? compared.compare(x, y) : x - y);
  const places = page.result.ranks[0];
  const out = (r) => places[r] === null && !model.regions[r].grouped;
  return model.regions.map((_, r) => r).sort((a, b) => {
    const [x, y] = [chosen.of(a), chosen.of(b)];
    const first = last(x, y) || (x === null ? 0 : (falling ? -1 : 1) * order(x, y));
    return first || last(places[a], places[b]) || out(a) - out(b) || places[a] - places[b] || compared.compare(names[a], names[b]);
  });
}

function drawHead() {
  const head = columns().map((column) => {
    const label = column.key
      ? element("button", { type: "button", "data-sort": column.key }, column.label)
      : column.label;
    const kind = column.kind || (column.key === "region" ? null : "number");
    return element("th", { scope: "col", class: column.key ? kind : null }, label);
  });
  by("ranking").tHead.replaceChildren(element("tr", {}, ...head));
}

// The rows of the regions stay: a redraw changes what is said in them, and their order.
const rows = model.regions.map(() => null);

function newRow(r, shown) {
  const cells = shown.map((column) => column.key === "region"
    ? element("th", { scope: "row" }, element("a", { "data-region": model.regions[r].code }))
    : element("td", { class: column.kind || "number" }));
  return { row: element("tr", {}, ...cells), cells, said: [] };
}

function drawRow(r, shown) {
  const { cells, said } = rows[r] || (rows[r] = newRow(r, shown));
  shown.forEach((column, n) => {
    const text = column.text ? column.text(r) : page.number(column.of(r), column.digits);
    if (column.key === "region" && !model.regions[r].grouped) cells[n].firstChild.setAttribute("href", page.link({ region: r }));
    // What is said aloud of a move has words of its own in each language.
    const key = `${page.state.lang} ${text}`;
    if (said[n] === key) return;
    said[n] = key;
    if (column.fill) column.fill(cells[n], r, text);
    else cells[n].textContent = text;
  });
  return rows[r].row;
}

function drawRows() {
  const shown = columns();
  by("ranking").tBodies[0].replaceChildren(...sorted(page.state).map((r) => drawRow(r, shown)));
  const { sort, falling } = page.state;
  for (const button of by("ranking").tHead.querySelectorAll("button")) {
    const own = button.dataset.sort === sort;
    button.parentElement.setAttribute("aria-sort", own ? (falling ? "descending" : "ascending") : "none");
  }
  const column = (shown.find(({ key }) => key === sort) || shown[0]).label;
  by("caption").textContent = page.say("caption", { column, order: page.say(falling ? "falling" : "rising") });
}

function swatch(group) {
  const made = element("span", { class: group === null ? "swatch out" : "swatch", "aria-hidden": "true" });
  if (group !== null) made.style.background = model.groups.colours[group].fill;
  return made;
}

function drawMap() {
  const placed = model.regions.map((_, r) => r).filter((r) => model.regions[r].tile);
  by("map-part").hidden = !placed.length;
  const tiles = placed.map((r) => {
    const { tile, name } = model.regions[r];
    const group = page.result.groups[r];
    const place = page.result.ranks[0][r];
    const { grouped } = model.regions[r];
    const colour = place === null && !grouped ? null : model.groups.colours[group === null ? 0 : group];
    const told = place === null
      ? `${page.name(name)}: ${page.group(r)}`
      : page.say("tile", { name: page.name(name), place, score: page.score(0, page.result.scores[0][r]) });
    const kind = colour === null ? "out" : colour.dark ? "dark" : "light";
    const to = grouped ? { role: "img" } : { href: page.link({ region: r }) };
    const link = element("a", { ...to, class: kind, "aria-label": told, title: told, tabindex: "-1" }, place === null ? MISSING : String(place));
    if (colour !== null) link.style.background = colour.fill;
    const cell = element("li", {}, link);
    [cell.style.gridColumn, cell.style.gridRow] = [tile[0] + 1, tile[1] + 1];
    link.dataset.at = tile.join(" ");
    return cell;
  });
  if (tiles.length) tiles[0].firstChild.tabIndex = 0;
  by("map").replaceChildren(...tiles);
  const label = (group) => page.say("group_of", { label: group });
  const legend = model.groups.labels.map((group, n) => element("li", {}, swatch(n), label(group)));
  if (page.result.status.some((one) => one === "outside" || one === "thin")) {
    legend.push(element("li", {}, swatch(null), page.say("out")));
  }
  by("legend").replaceChildren(...legend);
}

function drawSliders() {
  const nodes = model.items.filter((item) => item.children.length > 1 || item.fixed);
  by("sliders").replaceChildren(...nodes.map((item) => {
    const rows = item.children.map((child) => {
      const id = `weight-${model.items[child].id}`;
      const slider = element("input", {
        type: "range", min: 0, max: 100, step: 1, id, "data-item": child, disabled: !model.items[child].movable,
      });
      return element("div", { class: "slider" }, element("label", { for: id }, page.name(model.items[child].name)),
        slider, element("output", { for: id }));
    });
    const note = element("p", { class: "note warning", "data-node": model.items.indexOf(item) });
    note.textContent = item.fixed ? page.say("fixed") : "";
    return element("details", { open: item.depth === 0 },
      element("summary", {}, page.name(item.name)), note, ...rows);
  }));
}

function syncSliders() {
  const used = State.used(page.state, model);
  const whole = new Map();
  for (const item of model.items) {
    const total = item.children.reduce((sum, child) => sum + used[child], 0);
    for (const child of item.children) whole.set(child, total);
  }
  for (const slider of by("sliders").querySelectorAll("input")) {
    const item = Number(slider.dataset.item);
    const share = whole.get(item) > 0 ? (100 * used[item]) / whole.get(item) : 0;
    const told = page.say("share", { share: page.number(share, Number.isInteger(share) ? 0 : 1) });
    slider.value = used[item];
    slider.setAttribute("aria-valuetext", told);
    slider.nextElementSibling.textContent = told;
  }
  for (const note of by("sliders").querySelectorAll("[data-node]")) {
    const item = model.items[note.dataset.node];
    const none = item.children.length > 0 && whole.get(item.children[0]) === 0;
    if (!item.fixed) note.textContent = none ? page.say("no_weight") : "";
  }
  by("reset").disabled = !page.custom;
}

function drawTexts() {
  const { lang } = page.state;
  document.documentElement.lang = lang;
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = page.say(one.dataset.text);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", page.say(one.dataset.label));
  for (const one of by("languages").children) one.setAttribute("aria-pressed", String(one.lang === lang));
  const counts = { year: model.edition, ranked: model.places, all: model.regions.length, indicators: model.total };
  by("title").textContent = page.name(model.title);
  by("about").textContent = page.say("about", counts);
  by("invented").hidden = !model.synthetic;
  by("invented").textContent = model.synthetic ? page.name(model.synthetic) : "";
  const [low, high] = model.items[0].ends[lang];
  const note = page.say("ranking_note", { low, high });
  by("ranking-note").textContent = model.told ? `${note} ${page.say("told_note", { n: model.told })}` : note;
  by("footer").textContent = page.say("footer", model);
  drawSliders();
}

// Scores, ranks and everything that follows from them; texts only where the language is new.
function draw() {
  page.custom = page.state.weights.size > 0;
  page.result = page.custom ? Scoring.compute(model, State.used(page.state, model)) : page.published;
  if (page.language !== page.state.lang) {
    drawTexts();
    drawHead();
  }
  page.language = page.state.lang;
  by("banner").textContent = page.custom ? page.say(model.told ? "yours_told" : "yours", { n: model.told }) : "";
  document.body.classList.toggle("custom", page.custom);
  syncSliders();
  drawRows();
  drawMap();
  const shown = page.state.region !== null;
  by("overview").hidden = shown;
  by("region").hidden = !shown;
  by("region").replaceChildren(...(shown ? regionPage(page) : []));
  const own = shown ? `${page.name(model.regions[page.state.region].name)} — ` : "";
  document.title = `${own}${page.name(model.title)}, ${model.edition}`;
}

function announce() {
  const first = page.result.ranks[0].indexOf(1);
  const n = page.result.ranks[0].filter((place, r) => place !== page.published.ranks[0][r]).length;
  const key = first < 0 ? "announced_none" : page.custom ? "announced" : "announced_reset";
  by("live").textContent = page.say(key, { n, name: first < 0 ? "" : page.name(model.regions[first].name) });
}

// Browsers allow few changes of the address in a row: it follows when the slider rests.
let resting = 0;
function change(states, replace = true) {
  Object.assign(page.state, states);
  draw();
  clearTimeout(resting);
  const save = () => history.replaceState(null, "", State.write(page.state, model));
  if (replace) resting = setTimeout(save, 200);
}

// A text that a spreadsheet would take for a formula gets an apostrophe.
function csvCell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv() {
  const names = ["place", "published_place", "code", "region", "group", "score"].map((key) => page.say(key));
  const head = [...names, ...parts.map((n) => page.name(model.items[n].name)), page.say("coverage"), page.say("weights_used")];
  const how = page.say(page.custom ? "weights_yours" : "weights_published");
  const rows = page.byPlace().map((r) => [
    page.result.ranks[0][r], page.published.ranks[0][r], model.regions[r].code, page.name(model.regions[r].name),
    page.group(r), page.result.scores[0][r], ...parts.map((n) => page.result.scores[n][r]), model.regions[r].coverage, how,
  ]);
  return "\ufeff" + [head, ...rows].map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}

function download() {
  const address = URL.createObjectURL(new Blob([csv()], { type: "text/csv;charset=utf-8" }));
  const name = `${model.section}-${model.edition}${page.custom ? "-your-weights" : ""}.csv`;
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// From a square to the nearest one in the direction of the arrow.
function arrow(event) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step || !event.target.dataset.at) return;
  event.preventDefault();
  const [x, y] = event.target.dataset.at.split(" ").map(Number);
  const far = (link) => {
    const [dx, dy] = link.dataset.at.split(" ").map(Number).map((at, n) => at - [x, y][n]);
    const ahead = dx * step[0] + dy * step[1];
    return ahead > 0 ? ahead + 3 * Math.abs(dx * step[1] + dy * step[0]) : Infinity;
  };
  const links = [...by("map").querySelectorAll("a")].sort((a, b) => far(a) - far(b));
  if (far(links[0]) === Infinity) return;
  event.target.tabIndex = -1;
  links[0].tabIndex = 0;
  links[0].focus();
}

function follow() {
  const before = page.state.region;
  page.state = State.read(location.hash, model, SORTS);
  draw();
  if (page.state.region === before) return;
  const code = before === null ? "" : CSS.escape(model.regions[before].code);
  const target = page.state.region === null ? by("ranking").querySelector(`[data-region="${code}"]`) : by("region-name");
  target.focus();
  if (page.state.region !== null) window.scrollTo(0, 0);
}

function listen() {
  window.addEventListener("hashchange", follow);
  by("skip").addEventListener("click", (event) => {
    event.preventDefault();
    (page.state.region === null ? by("scroll") : by("region-name")).focus();
  });
  by("languages").append(...Object.entries(model.languages).map(([lang, name]) =>
    element("button", { type: "button", lang }, name)));
  by("languages").addEventListener("click", (event) => {
    if (event.target.lang) change({ lang: event.target.lang });
  });
  by("ranking").tHead.addEventListener("click", (event) => {
    const sort = event.target.dataset.sort;
    if (!sort) return;
    const fresh = !["place", "published", "region"].includes(sort);
    change({ sort, falling: page.state.sort === sort ? !page.state.falling : fresh });
  });
  by("sliders").addEventListener("input", (event) => {
    const weights = new Map(page.state.weights).set(Number(event.target.dataset.item), Number(event.target.value));
    change({ weights });
  });
  by("sliders").addEventListener("change", announce);
  by("reset").addEventListener("click", () => {
    change({ weights: new Map() });
    announce();
    by("sliders").querySelector("input")?.focus();
  });
  by("download").addEventListener("click", download);
  by("map").addEventListener("keydown", arrow);
  by("region").addEventListener("click", (event) => {
    if (event.target.id === "print") window.print();
  });
}

listen();
draw();
