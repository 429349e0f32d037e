// Each step as the analytics take it in, for a reader who asks to follow: a stream that nobody watches costs nothing.
import {useEffect, useState} from 'preact/hooks';

import {follow} from '../api/stream';
import {sections} from '../api/sections';
import type {TailStep} from '../api/types';
import {t} from '../i18n';
import {useCell} from '../lib/cell';
import {href} from '../lib/route';
import {Card, ChannelName, StateBadge, Time} from '../ui/basics';

const shownMax = 30;
/** Drawn so often, however fast they come. */
const drawMs = 250;

let last = 0;

interface Shown {
  steps: readonly (TailStep & {id: string})[];
  missed: number;
}

export function ActivityCard() {
  const [on, setOn] = useState(false);
  const [shown, setShown] = useState<Shown>({steps: [], missed: 0});
  const [open, setOpen] = useState(false);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    if (!on) return;
    setBroken(false);
    const abort = new AbortController();
    let fresh: (TailStep & {id: string})[] = [];
    let missed = 0;
    const timer = setInterval(() => {
      if (fresh.length === 0 && missed === 0) return;
      const [more, lost] = [fresh.reverse(), missed];
      [fresh, missed] = [[], 0];
      setShown((before) => ({steps: [...more, ...before.steps].slice(0, shownMax), missed: before.missed + lost}));
    }, drawMs);
    follow('/v1/tail', ({event, data}) => {
      if (event === 'step') fresh = [...fresh.slice(1 - shownMax), {...(JSON.parse(data) as TailStep), id: String(++last)}];
      if (event === 'missed') missed += (JSON.parse(data) as {count: number}).count;
    }, abort.signal, () => setOpen(true)).catch(() => undefined).then(() => {
      if (abort.signal.aborted) return;
      setBroken(true);
      setOn(false);
    });
    return () => {
      clearInterval(timer);
      setOpen(false);
      abort.abort();
    };
  }, [on]);
  // The stream came to the API together with /v1/system.
  if (!useCell(sections)?.system) return null;
  return (
    <Card title={t('activity.title')} class="activity" tools={(
      <button type="button" class="button small" aria-pressed={on} onClick={() => setOn(!on)}>{on ? t('activity.end') : t('activity.begin')}</button>
    )}>
      {broken && <p class="faint" role="status">{t('activity.broken')}</p>}
      {open && shown.steps.length === 0 && <p class="faint">{t('activity.waiting')}</p>}
      {shown.steps.length > 0 && <ol class="activity-steps">{shown.steps.map((step) => <Step key={step.id} step={step} />)}</ol>}
      {shown.missed > 0 && <p class="faint">{t('activity.missed', {count: shown.missed})}</p>}
    </Card>
  );
}

function Step({step}: {step: TailStep}) {
  return (
    <li>
      <Time at={step.at} fraction />
      <StateBadge state={step.what} />
      {step.channel && <ChannelName channel={step.channel} />}
      {step.notification_id ? <a href={href(['notifications', step.notification_id])}><code>{step.notification_id.slice(0, 8)}</code></a> : <span class="faint">{step.event_type}</span>}
      <span class="activity-answer faint">{step.answer}</span>
    </li>
  );
}
