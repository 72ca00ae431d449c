// What the application says: English is in the code, other languages are lists of translations beside it.

import { KOREAN } from "./korean.js";

const LANGUAGES = { ko: KOREAN };

// The language of a page: "en" where there is no translation.
export function language(wanted) {
  const short = (wanted || navigator.language || "en").slice(0, 2).toLowerCase();
  return short in LANGUAGES ? short : "en";
}

// `{name}` stands for a value. `{n, one image, # images}` is a word for one and for more; a language with one form has one.
export function translate(chosen, text, values = {}) {
  const found = LANGUAGES[chosen]?.[text] ?? text;
  return found.replace(/\{(\w+)(?:, ?([^,{}]*), ?([^{}]*))?\}/g, (_, name, one, more) => {
    const value = values[name];
    const shown = typeof value === "number" ? value.toLocaleString(chosen) : String(value ?? "");
    if (more === undefined) return shown;
    return (value === 1 ? one : more).replace("#", shown);
  });
}

// Sizes as docker shows them: decimal units, three digits.
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit ? Number(value.toPrecision(3)) : value}${UNITS[unit]}`;
}

const AGES = [[365 * 86400, "year"], [30 * 86400, "month"], [7 * 86400, "week"], [86400, "day"], [3600, "hour"], [60, "minute"]];
const relative = new Map();

// How long ago a time was, in seconds since 1970; "" without one.
export function age(chosen, seconds) {
  if (seconds === null || seconds === undefined) return "";
  const passed = Math.max(0, Date.now() / 1000 - seconds);
  const [length, unit] = AGES.find(([least]) => passed >= least) ?? AGES.at(-1);
  if (!relative.has(chosen)) relative.set(chosen, new Intl.RelativeTimeFormat(chosen, { numeric: "auto" }));
  return relative.get(chosen).format(-Math.floor(passed / length), unit);
}

export function time(seconds) {
  return seconds === null || seconds === undefined ? "" : `${new Date(1000 * seconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// How long something takes, in seconds.
export function duration(chosen, seconds) {
  const [value, unit] = seconds < 90 ? [Math.ceil(seconds), "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return new Intl.NumberFormat(chosen, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

// Somebody else's text on one line: control characters and direction marks are escaped, as Python escapes them.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

export function plain(text, most = 300) {
  const shown = String(text).replace(HIDDEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
}

// The same of several lines.
export function plainLines(text, most = 300) {
  return text.split("\n").map((line) => plain(line, most)).join("\n");
}
