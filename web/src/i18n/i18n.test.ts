import assert from 'node:assert/strict';
import test from 'node:test';

import {en} from './en';
import type {Message} from './message';
import {ru} from './ru';

const placeholders = (message: Message): string[] =>
  [...new Set(typeof message === 'string' ? [...message.matchAll(/\{\w+\}/g)].map(String) : Object.values(message).flatMap((text) => [...text.matchAll(/\{\w+\}/g)].map(String)))].sort();

test('both languages say the same things', () => {
  assert.deepEqual(Object.keys(ru), Object.keys(en));
  for (const [key, message] of Object.entries(en)) assert.deepEqual(placeholders(ru[key as keyof typeof en]), placeholders(message), key);
});

test('every plural form that a language has is there', () => {
  const forms: [string, Record<string, Message>, string[]][] = [['en', en, ['one', 'other']], ['ru', ru, ['one', 'few', 'other']]];
  for (const [language, texts, wanted] of forms)
    for (const [key, message] of Object.entries(texts)) if (typeof message !== 'string') assert.deepEqual(Object.keys(message), wanted, `${language} ${key}`);
});

test('Russian is written in Cyrillic', () => {
  const latin = new Set(['CSV', 'NDJSON', 'SMS']);
  for (const [key, message] of Object.entries(ru))
    for (const text of typeof message === 'string' ? [message] : Object.values(message)) assert.ok(/[а-яё]/i.test(text) || latin.has(text), `${key}: ${text}`);
});
