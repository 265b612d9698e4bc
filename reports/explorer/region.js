"use strict";
// The page of one region: its numbers, and each part against the median of the ranked regions.

const WIDTH = 200;
const HEIGHT = 16;

// Quartiles with straight lines between the values.
function quartiles(column, placed) {
  const own = column.filter((x, n) => x !== null && placed[n] !== null).sort((a, b) => a - b);
  if (!own.length) return null;
  return [0.25, 0.5, 0.75].map((share) => {
    const at = share * (own.length - 1);
    const left = Math.floor(at);
    return own[left] + (own[Math.min(left + 1, own.length - 1)] - own[left]) * (at - left);
  });
}

function dot(score, middle, [low, high], node) {
  const at = (x) =>
    6 + Math.min(Math.max(high > low ? (x - low) / (high - low) : 0.5, 0), 1) * (WIDTH - 12);
  const y = HEIGHT / 2;
  const box = (x, top, width, height, kind) =>
    drawn("rect", { x, y: top, width, height, class: kind });
  const parts = [box(0, y - 0.3, WIDTH, 0.6, "axis")];
  if (middle) {
    const [first, median, third] = middle.map(at);
    if (!node) parts.push(box(first, y - 4, Math.max(third - first, 0.8), 8, "half"));
    parts.push(box(median - 0.7, y - 7, 1.4, 14, "median"));
  }
  if (score !== null) {
    const x = at(score);
    const above = !middle || score >= middle[1];
    if (node) parts.push(box(x - 4, y - 4, 8, 8, "node"));
    else if (above) parts.push(drawn("circle", { cx: x, cy: y, r: 4.2, class: "above" }));
    else parts.push(drawn("path", { d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z`, class: "below" }));
  }
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT };
  return drawn("svg", { ...size, "aria-hidden": "true", focusable: "false" }, ...parts);
}

// Everything the page says, built anew; `page` knows the model, the state and the result.
function regionPage(page) {
  const { model, state, result, say, number, name } = page;
  const at = state.region;
  const region = model.regions[at];
  const other = state.lang === "en" ? "ru" : "en";
  const about = [region.district ? name(region.district) : null, region.code, page.group(at)];
  const big = (value, label) =>
    element("div", {}, element("dt", {}, label), element("dd", {}, value));
  const placed = result.ranks[0];
  const told = placed.filter((place) => place !== null).length;
  const count = model.told && !page.custom ? model.places : told;
  const [low, high] = model.items[0].ends[state.lang];
  const numbers = [
    big(number(placed[at], 0), say("place_of", { n: number(count, 0) })),
    big(page.score(0, result.scores[0][at]), say("score_of", { low, high })),
    page.custom ? big(number(page.published.ranks[0][at], 0), say("published_place")) : null,
    big(`${region.present} / ${model.total}`, say("covered")),
  ];
  return [
    element("p", { class: "tools" },
      element("a", { href: page.link({ region: null }), id: "back" }, `← ${say("back")}`),
      element("button", { type: "button", id: "print" }, say("print"))),
    element("h2", { tabindex: "-1", id: "region-name" }, name(region.name)),
    element("p", { class: "note" },
      element("span", { lang: other }, region.name[other]),
      ` · ${about.filter(Boolean).join(" · ")}`),
    element("dl", { class: "numbers" }, ...numbers),
    profileTable(page, at),
    element("p", { class: "note" }, say("profile_note")),
    ...(model.told ? [element("p", { class: "note" }, say("told_note", { n: model.told }))] : []),
    ...(Object.values(model.hidden).some((regions) => regions.includes(at))
      ? [element("p", { class: "note" }, say("suppressed_note"))] : []),
    neighbours(page, at),
  ];
}

function profileTable(page, at) {
  const { model, result, say, number } = page;
  const column = (key, kind) => element("th", { scope: "col", class: kind || null }, say(key));
  const head = element("thead", {}, element("tr", {}, column("item"), column("picture", "picture"),
    column("value", "number"), column("score", "number"), column("median", "number median-column"),
    column("place", "number")));
  const rows = model.items.map((item, n) => {
    const score = result.scores[n][at];
    const middle = model.told && !page.custom ? model.middle[item.id] || null
      : quartiles(result.scores[n], result.ranks[0]);
    const cell = (text) => element("td", { class: "number" }, text);
    const picture = dot(score, middle, item.axis, item.children.length > 0);
    return element("tr", { class: `depth-${Math.min(item.depth, 3)}${item.children.length ? " part" : ""}` },
      element("th", { scope: "row" }, page.name(item.name)),
      element("td", { class: "picture" }, picture),
      cell(page.measured(item, at)), cell(page.score(n, score)),
      element("td", { class: "number median-column" }, page.score(n, middle && middle[1])), cell(number(result.ranks[n][at], 0)));
  });
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "region-name" },
    element("table", { class: "profile" },
      element("caption", { class: "aloud" }, say("profile")), head, element("tbody", {}, ...rows)));
}

function neighbours(page, at) {
  const order = page.byPlace().filter((r) => !page.model.regions[r].grouped);
  const place = order.indexOf(at);
  const step = (key, to) => order[to] === undefined ? null
    : element("a", { href: page.link({ region: order[to] }), rel: key === "next" ? "next" : "prev" },
      page.say(key, { name: page.name(page.model.regions[order[to]].name) }));
  return element("p", { class: "neighbours" }, step("previous", place - 1), step("next", place + 1));
}
