// The page's two languages: texts, plurals, numbers and times in the reader's own.
import {Cell, useCell} from '../lib/cell';
import {remember, remembered} from '../lib/remembered';
import {microseconds, milliseconds} from '../lib/time';
import {en} from './en';
import type {Message} from './message';
import {ru} from './ru';

export const languages = {en: 'English', ru: 'Русский'} as const;
export type Language = keyof typeof languages;

export type Key = keyof typeof en;
export type Values = Record<string, string | number>;

const texts: Record<Language, Record<Key, Message>> = {en, ru};
const name = 'vestnik.language';

function chosen(): Language {
  const kept = remembered(name);
  if (kept === 'en' || kept === 'ru') return kept;
  const first = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in languages);
  return first === 'ru' ? 'ru' : 'en';
}

export const language = new Cell<Language>('en');
let formats = formatsOf('en');

export function useLanguage(): Language {
  return useCell(language);
}

export function setLanguage(to: Language, keep = true): void {
  formats = formatsOf(to);
  document.documentElement.lang = to;
  if (keep) remember(name, to);
  language.set(to);
}

export const detectLanguage = (): void => setLanguage(chosen(), false);

export function t(key: Key, values: Values = {}): string {
  const message = texts[language.value][key];
  const text = typeof message === 'string' ? message : pluralOf(message, Number(values.count ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, placeholder: string) => {
    const value = values[placeholder];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

/** A text for a word of the API (a state, a channel); the word itself where there is none. */
export function tWord(prefix: 'state' | 'channel' | 'grouping' | 'step' | 'latency', word: string): string {
  const key = `${prefix}.${word}`;
  return key in en ? t(key as Key) : word.replaceAll('_', ' ');
}

const pluralOf = (message: Exclude<Message, string>, count: number): string =>
  message[formats.plural.select(count)] ?? message.other ?? '';

function formatsOf(to: Language) {
  // The reader's own variety of the language, for its order of day and month.
  const locale = globalThis.navigator?.languages.find((tag) => tag.startsWith(to)) ?? to;
  return {
    plural: new Intl.PluralRules(locale),
    number: new Intl.NumberFormat(locale, {maximumFractionDigits: 0}),
    precise: new Intl.NumberFormat(locale, {maximumSignificantDigits: 3}),
    compact: new Intl.NumberFormat(locale, {notation: 'compact', maximumSignificantDigits: 3}),
    percent: new Intl.NumberFormat(locale, {style: 'percent', maximumFractionDigits: 1}),
    digits: [0, 1, 2].map((digits) => new Intl.NumberFormat(locale, {maximumFractionDigits: digits})),
    time: new Intl.DateTimeFormat(locale, {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'}),
    shortTime: new Intl.DateTimeFormat(locale, {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'}),
    dayAndMonth: new Intl.DateTimeFormat(locale, {day: 'numeric', month: 'short'}),
    date: new Intl.DateTimeFormat(locale, {day: 'numeric', month: 'short', year: 'numeric'}),
    long: new Intl.DateTimeFormat(locale, {dateStyle: 'full', timeStyle: 'long'}),
    relative: new Intl.RelativeTimeFormat(locale, {numeric: 'auto'}),
  };
}

export const number = (n: number): string => formats.number.format(n);
/** Three digits that count: 0.25, 12.5, 1,250. */
export const rate = (n: number): string => (Math.abs(n) >= 100 ? formats.number.format(n) : formats.precise.format(n));
/** For where room is short: 12.3K. */
export const compact = (n: number): string => (Math.abs(n) < 10_000 ? rate(n) : formats.compact.format(n));
export const percent = (part: number, whole: number): string => (whole > 0 ? formats.percent.format(part / whole) : '–');

/** 0.42 ms, 12.3 ms, 1.25 s, 3 min 5 s, 2 h 10 min. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const precise = (size: number) => formats.digits[size < 10 ? 2 : size < 100 ? 1 : 0]!.format(size);
  if (ms < 1000) return t('unit.ms', {n: precise(ms)});
  if (ms < 60_000) return t('unit.s', {n: precise(ms / 1000)});
  const s = Math.round(ms / 1000);
  const two = (large: Key, size: number, small: Key, part: number) => {
    const rest = Math.floor((s % size) / part);
    return t(large, {n: Math.floor(s / size)}) + (rest ? ` ${t(small, {n: rest})}` : '');
  };
  if (s < 3600) return two('unit.min', 60, 'unit.s', 1);
  return s < 86_400 ? two('unit.h', 3600, 'unit.min', 60) : two('unit.d', 86_400, 'unit.h', 3600);
}

const isToday = (date: Date): boolean => date.toDateString() === new Date().toDateString();
const isThisYear = (date: Date): boolean => date.getFullYear() === new Date().getFullYear();

export const clock = (ms: number): string => formats.time.format(ms);
export const shortClock = (ms: number): string => formats.shortTime.format(ms);
export const dayAndMonth = (ms: number): string => formats.dayAndMonth.format(ms);

/** As short as it stays clear: the time today, the day with it before. `fraction`: with milliseconds. */
export function when(text: string, fraction = false): string {
  const ms = milliseconds(text);
  if (!Number.isFinite(ms)) return text;
  const date = new Date(ms);
  const time = formats.time.format(date) + (fraction ? `.${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}` : '');
  if (isToday(date)) return time;
  return `${(isThisYear(date) ? formats.dayAndMonth : formats.date).format(date)}, ${time}`;
}

/** Everything that is known of a time: in the reader's zone, and as the server wrote it. */
export function inFull(text: string): string {
  const us = microseconds(text);
  return Number.isFinite(us) ? `${formats.long.format(Math.floor(us / 1000))}\n${text}` : text;
}

export function ago(ms: number, now = Date.now()): string {
  const s = (ms - now) / 1000;
  const size = Math.abs(s);
  if (size < 60) return formats.relative.format(Math.round(s), 'second');
  if (size < 3600) return formats.relative.format(Math.round(s / 60), 'minute');
  if (size < 86_400) return formats.relative.format(Math.round(s / 3600), 'hour');
  return formats.relative.format(Math.round(s / 86_400), 'day');
}
