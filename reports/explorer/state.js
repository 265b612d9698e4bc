"use strict";
// What the reader has chosen, kept in the part of the address after #: language, region, sorting,
// weights. Whatever in it is not known is left out.

const State = (() => {
  const NUMBER = /^\d{1,3}$/;

  function weights(text, model) {
    const place = new Map(model.items.map((item, n) => [item.id, n]));
    const chosen = new Map();
    for (const pair of text.split(",")) {
      const [id, value] = pair.split(":");
      const item = place.get(id);
      if (item === undefined || !model.items[item].movable || !NUMBER.test(value)) continue;
      chosen.set(item, Math.min(Number(value), 100));
    }
    return chosen;
  }

  function read(hash, model, sorts) {
    const found = new URLSearchParams(hash.replace(/^#/, ""));
    const region = model.regions.findIndex(({ code, grouped }) => !grouped && code === found.get("region"));
    const sort = sorts.includes(found.get("sort")) ? found.get("sort") : "place";
    return {
      lang: ["en", "ru"].includes(found.get("lang")) ? found.get("lang") : model.lang,
      region: region < 0 ? null : region,
      sort,
      falling: found.has("falling"),
      weights: weights(found.get("w") || "", model),
    };
  }

  function write(state, model) {
    const said = new URLSearchParams();
    if (state.lang !== model.lang) said.set("lang", state.lang);
    if (state.region !== null) said.set("region", model.regions[state.region].code);
    if (state.sort !== "place") said.set("sort", state.sort);
    if (state.falling) said.set("falling", "");
    const pairs = [...state.weights].map(([item, value]) => `${model.items[item].id}:${value}`);
    if (pairs.length) said.set("w", pairs.join(","));
    return "#" + said.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
  }

  // A number an item: what the reader chose, beside the published share in per cent.
  const used = (state, model) =>
    model.items.map((item, n) => (state.weights.has(n) ? state.weights.get(n) : 100 * item.weight));

  return { read, write, used };
})();
