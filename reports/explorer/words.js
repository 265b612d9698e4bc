"use strict";
// Texts and numbers in the language of the reader, and elements that hold text as text.

const MISSING = "—";

const Words = (model) => {
  const plurals = { en: new Intl.PluralRules("en"), ru: new Intl.PluralRules("ru") };
  const forms = { en: ["one", "other"], ru: ["one", "few", "many"] };
  const made = new Map();

  function plural(lang, count, words) {
    const list = words.split("|");
    return list[forms[lang].indexOf(plurals[lang].select(count))] || list[list.length - 1];
  }

  // A text with its values; {n:region|regions} is the form that the number n asks for.
  function say(lang, key, values = {}) {
    return model.texts[lang][key].replace(/{(\w+)(?::([^}]*))?}/g, (_, name, words) =>
      words === undefined ? String(values[name]) : plural(lang, values[name], words));
  }

  function number(lang, value, digits = 1) {
    if (value === null || value === undefined) return MISSING;
    const key = `${lang} ${digits}`;
    if (!made.has(key)) {
      const both = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      made.set(key, new Intl.NumberFormat(lang, { ...both, useGrouping: true, signDisplay: "negative" }));
    }
    return made.get(key).format(value).replace("-", "\u2212");
  }

  return { say, number };
};

// An element with its attributes and children; a string among the children is text, never markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
