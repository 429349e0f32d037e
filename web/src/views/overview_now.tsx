// The part of the overview that moves: rates of the last minutes, health and lag, notifications by state.
import {useMemo} from 'preact/hooks';

import {history, live} from '../api/live';
import {channels, type Channel, type ChannelStats, type Lag, type State, states} from '../api/types';
import {compact, duration, number, rate, t, tWord} from '../i18n';
import {useCell} from '../lib/cell';
import {href} from '../lib/route';
import {Card, ChannelName, Count, iconOf, SandboxTag, Skeleton, toneOf} from '../ui/basics';
import {Chart, type Series} from '../ui/chart';
import {Icon} from '../ui/icon';
import {Shares} from '../ui/spark';

const pace: readonly {name: 'accepted' | 'planned' | 'sent' | 'failed'; state: string; colour: string}[] = [
  {name: 'accepted', state: 'accepted', colour: '--series-1'},
  {name: 'planned', state: 'planned', colour: '--series-2'},
  {name: 'sent', state: 'sent', colour: '--series-3'},
  {name: 'failed', state: 'failed', colour: '--series-4'},
];

export function NowCard({seconds}: {seconds: number}) {
  const snapshot = useCell(live);
  const rates = useMemo(() => history.rates(seconds), [snapshot, seconds]);
  const series: Series[] = pace.map(({name, state, colour}) => ({name, label: tWord('state', state), colour, values: rates[name]}));
  const latest = (name: 'accepted' | 'planned' | 'sent' | 'failed') => rate(rates[name].at(-1) ?? 0);
  return (
    <Card title={<>{t('now.title')} <span class="unit">{t('per.second')}</span></>} class="now">
      {snapshot ? (
        <Chart times={rates.times} series={series} height={300} fill spanS={seconds} table={false}
          label={t('now.label', {accepted: latest('accepted'), planned: latest('planned'), sent: latest('sent'), failed: latest('failed')})} />
      ) : (
        <Skeleton lines={1} height={330} />
      )}
    </Card>
  );
}

export function HealthCard() {
  const snapshot = useCell(live);
  return (
    <Card title={t('health.title')} class="health">
      {snapshot ? (
        <>
          <PartsList parts={snapshot.parts} brief />
          {snapshot.lag && snapshot.lag.length > 0 && <LagList lag={snapshot.lag} />}
        </>
      ) : (
        <Skeleton lines={6} height={24} />
      )}
    </Card>
  );
}

/** `brief`: of what is well, only that it is. */
export function PartsList({parts, brief = false}: {parts: readonly {part: string; well: boolean; detail?: string}[]; brief?: boolean}) {
  return (
    <ul class="parts">
      {parts.map((part) => (
        <li key={part.part} title={part.detail} class={part.well ? 'tone-good' : 'tone-bad'}>
          <span class="dot" aria-hidden="true" />
          <span class="part-name">{part.part}</span>
          <span class="part-state">{part.well ? t('health.well') : t('health.unwell')}</span>
          {part.detail && !(brief && part.well) && <span class="part-detail">{part.detail}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Bars by the logarithm: one group a million behind must not hide that another is a thousand behind. */
export function LagList({lag}: {lag: readonly Lag[]}) {
  const share = (records: number) => Math.min(1, Math.log10(records + 1) / 6);
  return (
    <table class="lag">
      <caption>{t('lag.title')}</caption>
      <thead class="unseen"><tr><th scope="col">{t('lag.group')}</th><th scope="col">{t('lag.records')}</th></tr></thead>
      <tbody>
        {lag.map((one) => (
          <tr key={`${one.group} ${one.topic}`}>
            <th scope="row">{one.group} <span class="faint">{one.topic}</span></th>
            <td>
              <span class="lag-bar" aria-hidden="true"><span style={{width: `${share(one.records) * 100}%`}} /></span>
              <Count n={one.records} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function CountsCard() {
  const snapshot = useCell(live);
  return (
    <Card title={t('counts.title')} class="counts">
      {snapshot ? channels.map((channel) => <ChannelCounts key={channel} channel={channel} stats={snapshot.stats.channels[channel]} />)
        : <Skeleton lines={2} height={64} />}
    </Card>
  );
}

function ChannelCounts({channel, stats}: {channel: Channel; stats: ChannelStats}) {
  const present = states.filter((state) => (stats.states[state] ?? 0) > 0);
  const total = present.reduce((sum, state) => sum + (stats.states[state] ?? 0), 0);
  const latency = stats.latency_ms.accepted_to_sent;
  return (
    <section class="channel-counts" aria-label={tWord('channel', channel)}>
      <div class="channel-head">
        <h3><ChannelName channel={channel} /></h3>
        <span class="faint">{t('counts.total', {count: total})}</span>
        {stats.sandboxed > 0 && <SandboxTag />}
        <span class="channel-pace faint">
          {t('counts.minute', {planned: stats.planned_last_minute, sent: stats.sent_last_minute})}
          {latency.count > 0 && <> · {t('counts.latency', {p50: duration(latency.p50), p99: duration(latency.p99)})}</>}
        </span>
      </div>
      <Shares parts={present.map((state) => ({name: state, count: stats.states[state] ?? 0, tone: toneOf(state)}))} />
      {present.length > 0 ? (
        <ul class="state-counts">
          {present.map((state) => <StateCount key={state} channel={channel} state={state} count={stats.states[state] ?? 0} />)}
        </ul>
      ) : (
        <p class="faint">{t('counts.none')}</p>
      )}
    </section>
  );
}

function StateCount({channel, state, count}: {channel: Channel; state: State; count: number}) {
  return (
    <li>
      <a class={`state-count tone-${toneOf(state)}`} href={href(['notifications'], {channel, state})} data-state={state}>
        <span class="state-name"><Icon name={iconOf(state)} size={14} />{tWord('state', state)}</span>
        <strong class="num" title={number(count)}>{count < 1e6 ? number(count) : compact(count)}</strong>
      </a>
    </li>
  );
}
