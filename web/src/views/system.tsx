// What runs here, how each part is, how far behind the consumers are; and counting everything anew from the log.
import {useState} from 'preact/hooks';

import {call, find} from '../api/client';
import {live} from '../api/live';
import type {Rebuild, System} from '../api/types';
import {ago, number, percent, t} from '../i18n';
import {useCell} from '../lib/cell';
import {milliseconds} from '../lib/time';
import {announce} from '../ui/announcer';
import {Card, Facts, Failed, Skeleton, Time} from '../ui/basics';
import {Dialog} from '../ui/dialog';
import {Icon} from '../ui/icon';
import {useEvery, useLoaded} from '../ui/loaded';
import {LagList, PartsList} from './overview_now';

const refreshMs = 1000;

export function SystemView() {
  const loaded = useLoaded('system', (signal) => call<System>('/v1/system', {signal}));
  const snapshot = useCell(live);
  const system = loaded.value;
  const lag = snapshot?.lag ?? system?.lag ?? [];
  return (
    <div class="page">
      <div class="page-head"><h1>{t('nav.system')}</h1></div>
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {!system && !loaded.error && <div class="card"><Skeleton lines={6} height={28} /></div>}
      {system && (
        <div class="columns halves">
          <Card title={t('system.about')}><About system={system} /></Card>
          <Card title={t('health.title')}><PartsList parts={snapshot?.parts ?? system.parts} /></Card>
          {lag.length > 0 && <Card title={t('lag.card')}><LagList lag={lag} /></Card>}
          <RebuildCard />
        </div>
      )}
    </div>
  );
}

function About({system}: {system: System}) {
  return (
    <Facts items={[
      [t('system.version'), system.version],
      [t('system.role'), system.role],
      [t('system.log'), system.log],
      [t('system.store'), system.store],
      [t('system.environment'), system.environment],
      [t('system.started'), <><Time at={system.started_at} /> <span class="faint">{ago(milliseconds(system.started_at))}</span></>],
    ]} />
  );
}

function RebuildCard() {
  const [asking, setAsking] = useState(false);
  const loaded = useLoaded('rebuild', (signal) => find<Rebuild>('/v1/analytics/rebuild', {signal}));
  const state = loaded.value;
  useEvery(refreshMs, state?.state === 'running', loaded.reload);
  if (loaded.value === null) return null;
  const begin = async () => {
    setAsking(false);
    try {
      await call('/v1/analytics/rebuild', {method: 'POST'});
      announce(t('rebuild.begun'));
    } catch (error) {
      announce((error as Error).message, 'bad');
    }
    loaded.reload();
  };
  return (
    <Card title={t('rebuild.title')}>
      <p class="faint">{t('rebuild.what')}</p>
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {state?.state === 'running' && <Progress state={state} />}
      {state?.state === 'failed' && <p class="field-error" role="alert">{t('rebuild.failed')} {state.error}</p>}
      {state?.state === 'idle' && state.finished_at && <p class="faint">{t('rebuild.finished')} <Time at={state.finished_at} />, {t('rebuild.records', {count: state.records_done})}</p>}
      {state && state.state !== 'running' && <button type="button" class="button" onClick={() => setAsking(true)}><Icon name="retry" size={16} />{t('rebuild.begin')}</button>}
      {asking && (
        <Dialog title={t('rebuild.title')} close={() => setAsking(false)}>
          <p>{t('rebuild.ask')}</p>
          <div class="dialog-foot">
            <button type="button" class="button" onClick={() => setAsking(false)}>{t('cancel')}</button>
            <button type="button" class="button primary" onClick={() => void begin()}>{t('rebuild.begin')}</button>
          </div>
        </Dialog>
      )}
    </Card>
  );
}

function Progress({state}: {state: Rebuild}) {
  const total = Math.max(state.records_total, state.records_done, 1);
  return (
    <div class="progress">
      <progress max={total} value={state.records_done} aria-label={t('rebuild.title')} />
      <span class="num">{percent(state.records_done, total)}</span>
      <span class="faint num">{number(state.records_done)} / {number(state.records_total)}</span>
    </div>
  );
}
