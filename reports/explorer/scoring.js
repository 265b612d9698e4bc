"use strict";
// The rules of the engine once more, for weights that a reader chooses: pure functions, no page.
// A model is {items, regions, scores, groups}; items stand parents first, a child of weight 0 takes
// no part, and a missing child leaves its weight to the others.

const Scoring = (() => {
  const DIGITS = 1e9;
  const NEAR_0 = 0.5;

  const sum = (list) => list.reduce((total, x) => total + x, 0);
  // Half away from zero, as DuckDB rounds.
  const round9 = (x) => (Math.sign(x) * Math.round(Math.abs(x) * DIGITS)) / DIGITS;
  // JSON has no infinity: an endless power is text.
  const power = (method) => Number(method.power);

  function powerMean(w, s, whole, p) {
    if (p === Infinity) return Math.max(...s);
    if (p === -Infinity) return Math.min(...s);
    if (p === 0) return Math.exp(sum(w.map((x, n) => x * Math.log(s[n]))) / whole);
    const ref = p > 0 ? Math.max(...s.map(Math.abs)) : Math.min(...s);
    if (ref === 0) return 0;
    if (Math.abs(p) >= NEAR_0) {
      const raised = sum(w.map((x, n) => x * Math.pow(s[n] / ref, p))) / whole;
      return ref * Math.sign(raised) * Math.pow(Math.abs(raised), 1 / p);
    }
    const grown = s.map((x) => Math.max(p * Math.log(x / ref), -100) / 2);
    const gain = sum(w.map((x, n) => x * 2 * Math.sinh(grown[n]) * Math.exp(grown[n]))) / whole;
    return ref * Math.exp((2 * Math.atanh(gain / (2 + gain))) / p);
  }

  function median(w, s, whole) {
    const below = (u) => 2 * sum(w.filter((_, n) => s[n] <= u));
    const least = (far) => Math.min(...s.filter((u) => far(below(u))));
    const lower = least((x) => x >= whole * (1 - 1e-9));
    return lower / 2 + least((x) => x > whole * (1 + 1e-9)) / 2;
  }

  function ordered(s, { places, best, worst }) {
    const given = places || Array(best || worst || 1).fill(1);
    const rising = [...s].sort((a, b) => a - b);
    const sorted = places || best ? rising.reverse() : rising;
    const used = given.slice(0, s.length);
    return sum(used.map((x, n) => x * sorted[n])) / sum(used);
  }

  function balanced(w, s, whole, method) {
    const mean = sum(w.map((x, n) => x * s[n])) / whole;
    const uneven = Math.min(...s) < Math.max(...s);
    if (mean <= 0 && uneven) return NaN;
    if (mean === 0) return 0;
    const spread = sum(w.map((x, n) => x * (s[n] / mean - 1) ** 2)) / whole;
    const free = 1 - sum(w.map((x) => (x / whole) ** 2));
    const penalty = method.name === "adjusted_mpi" ? spread : free === 0 ? 0 : spread / free;
    return mean * (1 + (method.penalty === "minus" ? -1 : 1) * penalty);
  }

  // What the engine refuses to average has no score here.
  function refused(method, s) {
    const p = { geometric: 0, harmonic: -1, power: power(method) }[method.name];
    if (p === undefined || !Number.isFinite(p) || Math.abs(p % 2) === 1 && p > 0) return false;
    return s.some((x) => x < 0 || (x === 0 && p <= 0));
  }

  function mean(method, w, s) {
    if (refused(method, s)) return null;
    const whole = sum(w);
    const score = {
      arithmetic: () => sum(w.map((x, n) => x * s[n])) / whole,
      geometric: () => powerMean(w, s, whole, 0),
      harmonic: () => whole / sum(w.map((x, n) => x / s[n])),
      power: () => {
        const p = power(method);
        if (p === -1) return whole / sum(w.map((x, n) => x / s[n]));
        return powerMean(w, s, whole, p);
      },
      median: () => median(w, s, whole),
      owa: () => ordered(s, method),
      mpi: () => balanced(w, s, whole, method),
      adjusted_mpi: () => balanced(w, s, whole, method),
    }[method.name]();
    return Number.isFinite(score) ? score : null;
  }

  // A node from its children in one region; `weights` and `scores` are in the order of children.
  function node(method, weights, scores) {
    const part = weights.map((_, n) => n).filter((n) => weights[n] > 0);
    const present = part.filter((n) => scores[n] !== null);
    if (!present.length || present.length / part.length < method.min_coverage) return null;
    return mean(method, present.map((n) => weights[n]), present.map((n) => scores[n]));
  }

  // Competition ranks on round(score, 9); ties share the best rank.
  function ranks(scores, eligible) {
    const rounded = scores.map((x, n) => (x === null || !eligible[n] ? null : round9(x)));
    const ladder = rounded.filter((x) => x !== null).sort((a, b) => b - a);
    const place = new Map();
    ladder.forEach((x, n) => place.has(x) || place.set(x, n + 1));
    return rounded.map((x) => (x === null ? null : place.get(x)));
  }

  function groups(scores, placed, how) {
    if (how.name === "none") return placed.map(() => null);
    const own = scores.map((x, n) => (placed[n] === null ? null : round9(x)));
    const known = own.filter((x) => x !== null);
    const [best, worst] = [Math.max(...known), Math.min(...known)];
    const gap = how.name === "share_of_gap";
    return own.map((x, n) => {
      if (x === null) return null;
      const share = gap
        ? best === worst ? 1 : (x - worst) / (best - worst)
        : (placed[n] - 1) / known.length;
      return how.cuts.filter((cut) => (gap ? round9(share) < cut : round9(share) >= cut)).length;
    });
  }

  // A region with hidden numbers keeps the published scores of the nodes above them.
  const kept = (model, item, region) => ((model.kept || {})[item.id] || {})[region];

  // Everything that weights decide: `weights` has a number an item, in the order of items.
  function compute(model, weights) {
    const scores = model.items.map((item) => model.scores[item.id] || null);
    for (let at = model.items.length - 1; at >= 0; at -= 1) {
      if (scores[at]) continue;
      const { children, method } = model.items[at];
      const own = children.map((child) => weights[child]);
      scores[at] = model.regions.map((_, region) => {
        const published = kept(model, model.items[at], region);
        if (published !== undefined) return published;
        return node(method, own, children.map((child) => scores[child][region]));
      });
    }
    const eligible = model.regions.map((region, n) => region.eligible && scores[0][n] !== null);
    const placed = scores.map((column) => ranks(column, eligible));
    const status = model.regions.map((region, n) =>
      region.grouped ? "grouped" : region.outside ? "outside" : eligible[n] ? "ranked" : "thin");
    // Cuts lie between the ends of all: where some are not told, groups stay as published.
    const grouped = model.told ? model.regions.map((region) => region.group)
      : groups(scores[0], placed[0], model.groups);
    return { scores, ranks: placed, status, groups: grouped };
  }

  return { compute, groups, node, ranks, round9 };
})();
