// Ranges a reader may choose, and the step that fits each: as fine as a chart can show.
import type {Step} from '../api/types';

export const presets = {'15m': 15 * 60, '1h': 3600, '6h': 6 * 3600, '24h': 86_400, '7d': 7 * 86_400, '30d': 30 * 86_400, '90d': 90 * 86_400} as const;
export type Preset = keyof typeof presets;
export const isPreset = (text: string): text is Preset => text in presets;

const stepMs: Record<Step, number> = {minute: 60_000, hour: 3_600_000, day: 86_400_000};
/** More points than pixels say nothing; the API refuses more than 1,500. */
const pointsMax = 750;
/** Minutes and hours are not kept for ever (docs/limits.md). */
const keptMs: Record<Step, number> = {minute: 60 * 86_400_000, hour: 395 * 86_400_000, day: Infinity};

export interface Span {
  from: number; // ms
  to: number;
}

export function stepFor({from, to}: Span, now: number): Step {
  const fits = (step: Step) => (to - from) / stepMs[step] <= pointsMax && now - from <= keptMs[step];
  return fits('minute') ? 'minute' : fits('hour') ? 'hour' : 'day';
}

/** How often a range that ends now is worth asking for again. */
export const refreshMs = (step: Step): number => (step === 'minute' ? 10_000 : 60_000);

/** Of a preset, or of a range "from~to" in ms that a reader chose; anything else is the last hour. */
export function spanOf(text: string, now: number): Span {
  if (isPreset(text)) return {from: now - presets[text] * 1000, to: now};
  const match = /^(\d{1,15})~(\d{1,15})$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  return match && from < to ? {from, to} : {from: now - presets['1h'] * 1000, to: now};
}

export const chosenSpan = ({from, to}: Span): string => `${Math.floor(from)}~${Math.ceil(to)}`;
