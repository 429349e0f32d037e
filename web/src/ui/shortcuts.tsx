// Keys for those who don't reach for the mouse. Single letters can be switched off (WCAG 2.1.4), for speech input types them.
import {useEffect} from 'preact/hooks';

import {t, type Key} from '../i18n';
import {Cell, useCell} from '../lib/cell';
import {remember, remembered} from '../lib/remembered';
import {go} from '../routing';
import {Dialog} from './dialog';

const name = 'vestnik.shortcuts';
/** So long "g" waits for the letter after it. */
const sequenceMs = 1200;

const letters: Record<string, string> = {o: 'overview', n: 'notifications', d: 'deliveries', s: 'sandbox', t: 'templates', y: 'system'};

const help = new Cell(false);
const letterKeys = new Cell(remembered(name) !== 'off');
export const openHelp = (): void => help.set(true);

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** From row to row of the table that is shown, by their links. */
function moveToRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main tbody tr td a, main [data-row]')].filter(
    (link, i, all) => link.closest('tr') === null || all.findIndex((other) => other.closest('tr') === link.closest('tr')) === i,
  );
  const at = links.findIndex((link) => link === document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}

export function useShortcuts(views: readonly string[]): void {
  useEffect(() => {
    let began = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !letterKeys.value || document.querySelector('dialog[open]')) return;
      const inSequence = Date.now() - began < sequenceMs;
      began = 0;
      const view = letters[event.key];
      if (inSequence && view && views.includes(view)) go([view]);
      else if (event.key === 'g') began = Date.now();
      else if (event.key === '?') openHelp();
      else if (event.key === '/') focusSearch(event);
      else if (event.key === 'j') moveToRow(1);
      else if (event.key === 'k') moveToRow(-1);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [views.join()]);
}

function focusSearch(event: KeyboardEvent): void {
  event.preventDefault();
  const field = document.querySelector<HTMLElement>('input[type=search]');
  if (field) field.focus();
  else go(['notifications']);
}

export function Help() {
  const on = useCell(letterKeys);
  if (!useCell(help)) return null;
  const rows: readonly [string[], string][] = [
    ...Object.entries(letters).map(([letter, view]): [string[], string] => [['g', letter], t(`nav.${view}` as Key)]),
    [['/'], t('help.search')],
    [['j'], t('help.next')],
    [['k'], t('help.previous')],
    [['?'], t('help')],
  ];
  const turn = () => {
    letterKeys.set(!on);
    remember(name, on ? 'off' : null);
  };
  return (
    <Dialog title={t('help')} close={() => help.set(false)}>
      <dl class="shortcuts">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label class="check"><input type="checkbox" checked={on} onChange={turn} />{t('help.on')}</label>
    </Dialog>
  );
}
