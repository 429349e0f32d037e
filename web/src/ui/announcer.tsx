// What has just happened, for everybody: a short note at the foot of the page, and one polite live region that reads it out. Only what
// the reader did, or what stops the page from working, is announced: counts that move are not.
import {Cell, useCell} from '../lib/cell';
import {t} from '../i18n';
import {Icon} from './icon';

interface Note {
  id: number;
  text: string;
  tone: 'good' | 'bad';
}

const shownMs = 5000;
const notes = new Cell<readonly Note[]>([]);
let last = 0;

export function announce(text: string, tone: 'good' | 'bad' = 'good'): void {
  const note = {id: ++last, text, tone};
  notes.set([...notes.value.slice(-2), note]);
  setTimeout(() => dismiss(note.id), shownMs);
}

const dismiss = (id: number): void => notes.set(notes.value.filter((note) => note.id !== id));

export function Announcer() {
  return (
    <div class="notes" role="status" aria-live="polite" aria-label={t('notes')}>
      {useCell(notes).map((note) => (
        <div key={note.id} class={`note ${note.tone}`}>
          <Icon name={note.tone === 'good' ? 'check' : 'cross'} size={16} />
          <span>{note.text}</span>
          <button type="button" class="copy" aria-label={t('dismiss')} onClick={() => dismiss(note.id)}><Icon name="cross" size={14} /></button>
        </div>
      ))}
    </div>
  );
}
