// What shall become of what is dead or in doubt: retry, discard, resolve; one, those that are marked, or all that match. Always asked
// first, with the reason that then stands in the timeline.
import {useState} from 'preact/hooks';

import {call, Problem} from '../api/client';
import type {DecidedMany, Delivery, DeliveryState} from '../api/types';
import {t, tWord} from '../i18n';
import {announce} from '../ui/announcer';
import {Dialog} from '../ui/dialog';
import {Icon, type IconName} from '../ui/icon';

export type Decision = 'retry' | 'discard' | 'resolve_sent' | 'resolve_resend' | 'resolve_discarded';

const reasonMax = 128;
const look: Record<Decision, {icon: IconName; danger: boolean}> = {
  retry: {icon: 'retry', danger: false},
  discard: {icon: 'trash', danger: true},
  resolve_sent: {icon: 'check', danger: false},
  resolve_resend: {icon: 'retry', danger: false},
  resolve_discarded: {icon: 'trash', danger: true},
};

/** All that match, instead of those that are listed. */
export interface Matching {
  filter: Record<string, unknown>; // the body of /v1/deliveries/retry
  states: readonly DeliveryState[];
}

interface Outcome {
  done: number;
  refused: {notification_id: string; state: string}[];
}

function requestOf(decision: Decision, id: string, reason: string): [string, Record<string, string>] {
  const path = `/v1/deliveries/${encodeURIComponent(id)}`;
  const why: Record<string, string> = reason ? {reason} : {};
  if (decision === 'retry' || decision === 'discard') return [`${path}/${decision}`, why];
  return [`${path}/resolve`, {as: decision.slice('resolve_'.length), ...why}];
}

async function decideEach(decision: Decision, ids: readonly string[], reason: string, progress: (done: number) => void): Promise<Outcome> {
  const outcome: Outcome = {done: 0, refused: []};
  for (const id of ids) {
    const [path, body] = requestOf(decision, id, reason);
    try {
      await call(path, {method: 'POST', body});
      ++outcome.done;
    } catch (error) {
      if (!(error instanceof Problem) || (error.status !== 409 && error.status !== 404)) throw error;
      outcome.refused.push({notification_id: id, state: error.state});
    }
    progress(outcome.done + outcome.refused.length);
  }
  return outcome;
}

/** In steps of a thousand, as the API takes them; what is done stands if it is interrupted. */
async function decideMatching(decision: 'retry' | 'discard', {filter}: Matching, reason: string, progress: (done: number) => void): Promise<Outcome> {
  const outcome: Outcome = {done: 0, refused: []};
  let cursor: string | undefined;
  do {
    const body = {...filter, ...(reason && {reason}), ...(cursor && {cursor})};
    const step = await call<DecidedMany>(`/v1/deliveries/${decision}`, {method: 'POST', body});
    outcome.done += step.done;
    outcome.refused.push(...step.refused);
    progress(outcome.done + outcome.refused.length);
    cursor = step.next;
  } while (cursor);
  return outcome;
}

/** What may be decided about them: the same for all. */
function decisionsFor(states: readonly DeliveryState[], matching: boolean): readonly Decision[] {
  if (states.length === 0 || states.some((state) => state !== 'dead' && state !== 'in_doubt')) return [];
  if (matching || states.some((state) => state === 'dead')) return ['retry', 'discard'];
  return ['resolve_sent', 'resolve_resend', 'resolve_discarded'];
}

export function Decide({deliveries, matching, decided}: {deliveries: readonly Delivery[]; matching?: Matching | undefined; decided: () => void}) {
  const [decision, setDecision] = useState<Decision | null>(null);
  const possible = decisionsFor(matching ? matching.states : deliveries.map((delivery) => delivery.state), !!matching);
  return (
    <div class="decide">
      {possible.map((one) => (
        <button key={one} type="button" class={`button small ${look[one].danger ? 'danger' : ''}`} data-decision={one} onClick={() => setDecision(one)}>
          <Icon name={look[one].icon} size={15} />{t(matching && (one === 'retry' || one === 'discard') ? `decide.${one}.all` : `decide.${one}`)}
        </button>
      ))}
      {decision && <Confirm decision={decision} deliveries={deliveries} matching={matching} decided={decided} close={() => setDecision(null)} />}
    </div>
  );
}

function Confirm({decision, deliveries, matching, decided, close}: {
  decision: Decision;
  deliveries: readonly Delivery[];
  matching?: Matching | undefined;
  decided: () => void;
  close: () => void;
}) {
  const [reason, setReason] = useState('');
  const [progress, setProgress] = useState<number | null>(null);
  const [error, setError] = useState('');
  const inDoubt = matching ? matching.states.includes('in_doubt') : deliveries.some((delivery) => delivery.state === 'in_doubt');
  const sendsAgain = decision === 'retry' || decision === 'resolve_resend';
  const decide = async (event: Event) => {
    event.preventDefault();
    setProgress(0);
    setError('');
    try {
      const outcome = matching && (decision === 'retry' || decision === 'discard')
        ? await decideMatching(decision, matching, reason.trim(), setProgress)
        : await decideEach(decision, deliveries.map((delivery) => delivery.notification_id), reason.trim(), setProgress);
      tell(decision, outcome);
      close();
      decided();
    } catch (problem) {
      setError((problem as Error).message);
      setProgress(null);
    }
  };
  const busy = progress !== null;
  return (
    <Dialog title={t(`decide.${decision}`)} close={close}>
      <form class="confirm" onSubmit={(event) => void decide(event)}>
        <p>{matching ? t('decide.ask.all') : t('decide.ask', {count: deliveries.length})} {t(`decide.${decision}.means`)}</p>
        {inDoubt && sendsAgain && <p class="hint warn">{t('decide.twice')}</p>}
        <label class="field">
          <span>{t('decide.reason')}</span>
          <input type="text" name="reason" maxLength={reasonMax} value={reason} autofocus onInput={(event) => setReason(event.currentTarget.value)} />
          <span class="faint">{t('decide.reason.hint')}</span>
        </label>
        {error && <p class="field-error" role="alert">{error}</p>}
        <div class="dialog-foot">
          {busy && <span class="faint" role="status">{t('decide.progress', {count: progress})}</span>}
          <button type="button" class="button" onClick={close}>{t('cancel')}</button>
          <button class={`button ${look[decision].danger ? 'danger solid' : 'primary'}`} disabled={busy}>{t(`decide.${decision}`)}</button>
        </div>
      </form>
    </Dialog>
  );
}

function tell(decision: Decision, {done, refused}: Outcome): void {
  if (done > 0 || refused.length === 0) announce(t(`decide.${decision}.done`, {count: done}));
  const first = refused[0];
  if (first) announce(t('decide.refused', {count: refused.length, state: tWord('state', first.state || 'unknown')}), 'bad');
}
