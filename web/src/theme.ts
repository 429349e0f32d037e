// Dark and light: the system's choice, until the reader makes another.
import {Cell} from './lib/cell';
import {remember, remembered} from './lib/remembered';

export type Theme = 'auto' | 'light' | 'dark';

const name = 'vestnik.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export const theme = new Cell<Theme>('auto');
export const shownTheme = new Cell<'light' | 'dark'>('light');

export function setTheme(to: Theme): void {
  remember(name, to === 'auto' ? null : to);
  theme.set(to);
  show();
}

function show(): void {
  const shown = theme.value === 'auto' ? (dark.matches ? 'dark' : 'light') : theme.value;
  document.documentElement.dataset.theme = shown;
  shownTheme.set(shown);
}

export function detectTheme(): void {
  const kept = remembered(name);
  if (kept === 'light' || kept === 'dark') theme.set(kept);
  dark.addEventListener('change', show);
  show();
}
