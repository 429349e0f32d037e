// How it is going: what happens now, what state everything is in, and how it went over a chosen range.
import type {ComponentChildren} from 'preact';

import {history, live} from '../api/live';
import {totalsOf} from '../api/totals';
import {channels, type LiveStats} from '../api/types';
import {compact, duration, number, percent, rate, t, tWord} from '../i18n';
import {useCell} from '../lib/cell';
import {href} from '../lib/route';
import {Empty, Skeleton} from '../ui/basics';
import {Spark} from '../ui/spark';
import {ActivityCard} from './activity';
import {CountsCard, HealthCard, NowCard} from './overview_now';
import {RangeSection} from './overview_range';

/** What the sparklines and the chart of now show. */
const nowSeconds = 300;

export function Overview() {
  const snapshot = useCell(live);
  return (
    <div class="page">
      <div class="page-head"><h1>{t('nav.overview')}</h1></div>
      {snapshot ? <Figures snapshot={snapshot} /> : <div class="figures"><Skeletons /></div>}
      {snapshot && snapshot.stats.events_accepted === 0 && (
        <Empty icon="plane" title={t('overview.empty')}>
          {t('overview.empty.text')} <code>make request</code>
        </Empty>
      )}
      <div class="columns wide-first">
        <NowCard seconds={nowSeconds} />
        <HealthCard />
      </div>
      <CountsCard />
      <ActivityCard />
      <RangeSection />
    </div>
  );
}

const Skeletons = () => <>{Array.from({length: 5}, (_, i) => <div key={i} class="figure card"><Skeleton lines={2} height={28} /></div>)}</>;

function Figures({snapshot}: {snapshot: LiveStats}) {
  const totals = totalsOf(snapshot.stats);
  const rates = history.rates(nowSeconds);
  const minute = Object.values(snapshot.stats.channels).reduce(
    (sum, channel) => ({planned: sum.planned + channel.planned_last_minute, sent: sum.sent + channel.sent_last_minute}), {planned: 0, sent: 0});
  const latest = (values: readonly (number | null)[]) => values.at(-1) ?? 0;
  return (
    <div class="figures">
      <Figure name="accepted" label={t('figure.accepted')} value={compact(totals.accepted)} exact={totals.accepted}
        note={t('figure.per_second', {rate: rate(latest(rates.accepted))})}>
        <Spark values={rates.accepted} tone="accent" />
      </Figure>
      <Figure name="sent" label={t('figure.sent')} value={compact(totals.sent)} exact={totals.sent}
        note={t('figure.last_minute', {count: minute.sent})}>
        <Spark values={rates.sent} tone="sent" />
      </Figure>
      <Figure name="arrived" label={t('figure.success')} value={percent(totals.sent, totals.sent + totals.failed + undecided(snapshot))}
        note={totals.sandboxed > 0 ? t('figure.sandboxed', {count: totals.sandboxed}) : t('figure.success.note', {count: totals.failed})}>
        <Spark values={rates.failed} tone="bad" />
      </Figure>
      <LatencyFigure snapshot={snapshot} />
      <Figure name="waiting" label={t('figure.waiting')} value={compact(totals.waiting)} exact={totals.waiting} tone={totals.waiting > 0 ? 'bad' : undefined}
        note={totals.waiting > 0 ? <a href={href(['deliveries'])}>{t('figure.waiting.look')}</a> : t('figure.waiting.none')} />
    </div>
  );
}

const undecided = (snapshot: LiveStats): number =>
  Object.values(snapshot.stats.channels).reduce((sum, channel) => sum + (channel.states.in_doubt ?? 0), 0);

function LatencyFigure({snapshot}: {snapshot: LiveStats}) {
  const rows = channels.map((channel) => ({channel, latency: snapshot.stats.channels[channel].latency_ms.accepted_to_sent}));
  const seen = rows.filter((row) => row.latency.count > 0);
  const worst = seen.reduce((most, row) => Math.max(most, row.latency.p99), 0);
  return (
    <Figure name="latency" label={t('figure.latency')} value={seen.length > 0 ? duration(worst) : '–'}
      note={seen.length > 0 ? seen.map((row) => `${tWord('channel', row.channel)} ${duration(row.latency.p50)}`).join(' · ') : t('figure.latency.none')} />
  );
}

function Figure({name, label, value, exact, note, tone, children}: {
  name: string;
  label: string;
  value: string;
  exact?: number;
  note: ComponentChildren;
  tone?: string | undefined;
  children?: ComponentChildren;
}) {
  return (
    <section class={`figure card ${tone ? `tone-${tone}` : ''}`} data-figure={name} aria-label={label}>
      <h2 class="figure-label">{label}</h2>
      <p class="figure-value" title={exact === undefined ? undefined : number(exact)} data-exact={exact}>{value}</p>
      <p class="figure-note">{note}</p>
      {children && <div class="figure-spark">{children}</div>}
    </section>
  );
}
