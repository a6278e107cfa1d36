// The words of the pages, from the same gettext catalogue as the server's.
// House rule for the extractor: the first argument of t() and the first two of n() are plain "double-quoted" texts.

export const language = document.documentElement.lang;

const messages = await fetch(document.body.dataset.messages).then((answer) => answer.json());
const plural = new Intl.PluralRules(language);
// gettext's order of plural forms for our languages: English has one and other, Russian and Ukrainian one, few and many.
const forms = { one: 0, few: 1, many: 2, other: language === "en" ? 1 : 2 };

const filled = (text, values) =>
  values ? text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all)) : text;

/** The text in the reader's language, with {names} replaced by values. */
export function t(message, values) {
  return filled(messages[message] ?? message, values);
}

/** The plural form for count, with {count} (and other values) put in. */
export function n(one, many, count, values) {
  const form = forms[plural.select(count)];
  const text = messages[one]?.[form] ?? (count === 1 ? one : many);
  return filled(text, { count: number(count), ...values });
}

const numbers = new Intl.NumberFormat(language);
const shares = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.body.dataset.timeZone };
const moments = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...clock });
const hours = new Intl.DateTimeFormat(language, clock);

/** 1234 → “1,234”. */
export const number = (value) => numbers.format(value);

/** 0.815 → “82%”; nothing known → “–”. */
export const share = (value) => (value === null || value === undefined ? "–" : shares.format(value));

/** Unix milliseconds → day and time of day, by the clock of the centre. */
export const moment = (at) => moments.format(at);

/** Unix milliseconds → time of day, by the clock of the centre. */
export const timeOfDay = (at) => hours.format(at);

/** Milliseconds → “0:07”, “12:34”, “1:02:03”. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const hour = Math.floor(seconds / 3600);
  const minute = Math.floor(seconds / 60) % 60;
  return hour ? `${hour}:${two(minute)}:${two(seconds % 60)}` : `${minute}:${two(seconds % 60)}`;
}
