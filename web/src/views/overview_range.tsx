// How it went: counts, funnel, latency and errors over a range that the reader chooses. Everything here follows from one answer of
// /v1/stats; a server that knows no ranges shows none.
import {useMemo, useState} from 'preact/hooks';

import {call} from '../api/client';
import {rangeSeries, rangeTotals} from '../api/totals';
import {channels, groupings, type Grouping, type Latency, type Range, type Stats} from '../api/types';
import {compact, dayAndMonth, duration, number, percent, shortClock, t, tWord, type Key} from '../i18n';
import {useCell} from '../lib/cell';
import {href, queryString} from '../lib/route';
import {fromLocalInput, localInput, microseconds, rfc3339Of} from '../lib/time';
import {replace, route} from '../routing';
import {Card, ChannelName, Empty, Failed, Skeleton, StateBadge, toneOf} from '../ui/basics';
import {Chart, type Series} from '../ui/chart';
import {Choice} from '../ui/choice';
import {useEvery, useLoaded} from '../ui/loaded';
import {Table} from '../ui/table';
import {chosenSpan, isPreset, presets, refreshMs, spanOf, stepFor} from './ranges';

interface Wanted {
  range: string;
  channel: string;
  group: Grouping | '';
  measure: string;
}

const measures = ['planned', 'sent', 'delivered', 'deferred', 'bounced', 'dead', 'in_doubt', 'skipped', 'expired', 'suppressed'] as const;
const groupsShown = 6;

function wantedIn(query: URLSearchParams): Wanted {
  const group = query.get('group') ?? '';
  return {
    range: query.get('range') ?? '1h',
    channel: query.get('channel') ?? '',
    group: (groupings as readonly string[]).includes(group) ? (group as Grouping) : '',
    measure: query.get('measure') ?? 'sent',
  };
}

export function RangeSection() {
  const wanted = wantedIn(useCell(route).query);
  const change = (part: Partial<Wanted>) => replace(['overview'], {...wanted, ...part});
  const key = `${wanted.range} ${wanted.channel} ${wanted.group}`;
  const loaded = useLoaded(key, async (signal) => {
    const now = Date.now();
    const span = spanOf(wanted.range, now);
    const query = queryString({from: rfc3339Of(span.from), to: rfc3339Of(span.to), step: stepFor(span, now), channel: wanted.channel,
      group_by: wanted.group || 'channel'});
    return (await call<Stats>(`/v1/stats?${query}`, {signal})).range ?? null;
  });
  useEvery(refreshMs(loaded.value?.step ?? 'minute'), isPreset(wanted.range), loaded.reload);
  if (loaded.value === null) return null;
  return (
    <section class="range" aria-label={t('range.title')}>
      <div class="page-head">
        <h2 class="section-title">{t('range.title')}</h2>
        <Toolbar wanted={wanted} change={change} />
      </div>
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {loaded.value ? <Shown range={loaded.value} wanted={wanted} change={change} /> : !loaded.error && <Card><Skeleton lines={1} height={300} /></Card>}
    </section>
  );
}

function Toolbar({wanted, change}: {wanted: Wanted; change: (part: Partial<Wanted>) => void}) {
  const [custom, setCustom] = useState(false);
  const span = spanOf(wanted.range, Date.now());
  const set = (part: Partial<typeof span>) => {
    const next = {...span, ...part};
    if (Number.isFinite(next.from) && Number.isFinite(next.to) && next.from < next.to) change({range: chosenSpan(next)});
  };
  return (
    <div class="toolbar">
      <div class="segments" role="group" aria-label={t('range.choose')}>
        {Object.keys(presets).map((preset) => (
          <button key={preset} type="button" aria-pressed={wanted.range === preset} onClick={() => { setCustom(false); change({range: preset}); }}>
            {t(`range.${preset}` as Key)}
          </button>
        ))}
        <button type="button" aria-pressed={!isPreset(wanted.range)} aria-expanded={custom} onClick={() => setCustom(!custom)}>{t('range.custom')}</button>
      </div>
      <Choice label={t('filter.channel')} value={wanted.channel} options={channels.map((one) => [one, tWord('channel', one)])} any={t('filter.any.channel')}
        change={(channel) => change({channel})} />
      <Choice label={t('group.by')} value={wanted.group} options={groupings.map((one) => [one, tWord('grouping', one)])} any={t('group.none')}
        change={(group) => change({group: group as Grouping | ''})} />
      {wanted.group && (
        <Choice label={t('group.measure')} value={wanted.measure} options={measures.map((one) => [one, tWord('state', one)])}
          change={(measure) => change({measure})} />
      )}
      {(custom || !isPreset(wanted.range)) && (
        <div class="custom-range">
          <label class="inline-field"><span>{t('range.from')}</span>
            <input type="datetime-local" value={localInput(span.from)} onChange={(event) => set({from: fromLocalInput(event.currentTarget.value)})} /></label>
          <label class="inline-field"><span>{t('range.to')}</span>
            <input type="datetime-local" value={localInput(span.to)} onChange={(event) => set({to: fromLocalInput(event.currentTarget.value)})} /></label>
        </div>
      )}
    </div>
  );
}

function Shown({range, wanted, change}: {range: Range; wanted: Wanted; change: (part: Partial<Wanted>) => void}) {
  const totals = useMemo(() => rangeTotals(range), [range]);
  const times = useMemo(() => range.times.map((time) => microseconds(time) / 1e6), [range]);
  const series = useMemo(() => (wanted.group ? groupSeries(range, wanted) : stageSeries(range)), [range, wanted.group, wanted.measure]);
  const nothing = Object.values(totals).every((count) => count === 0);
  const label = series.map((one) => `${one.label}: ${number(one.values.reduce<number>((sum, value) => sum + (value ?? 0), 0))}`).join(', ');
  const title = wanted.group ? `${tWord('state', wanted.measure)} – ${tWord('grouping', wanted.group)}` : t('range.chart');
  return (
    <>
      <Card title={<>{title} <span class="unit">{tWord('step', range.step)}</span></>}>
        {nothing ? <Empty icon="clock" title={t('range.empty')}>{t('range.empty.text')}</Empty> : (
          <Chart label={`${title}, ${spanText(times)}: ${label}`} times={times} series={labelled(series)} height={260}
            zoom={(from, to) => change({range: chosenSpan({from, to})})} />
        )}
      </Card>
      {!nothing && (
        <div class="columns halves">
          <div class="stack">
            <FunnelCard totals={totals} />
            <ErrorsCard range={range} />
          </div>
          <LatencyCard range={range} group={wanted.group} />
        </div>
      )}
    </>
  );
}

function spanText(times: readonly number[]): string {
  const text = (s: number | undefined) => (s === undefined ? '' : `${dayAndMonth(s * 1000)} ${shortClock(s * 1000)}`);
  return `${text(times[0])} – ${text(times.at(-1))}`;
}

type Unlabelled = Omit<Series, 'label'> & {label: string};

/** Labels follow the language, the series only the data. */
const labelled = (series: readonly Unlabelled[]): Series[] =>
  series.map((one) => ({...one, label: one.name.startsWith('state:') ? tWord('state', one.name.slice(6)) : one.label}));

const stages = [['accepted', 1], ['planned', 2], ['sent', 3], ['delivered', 5]] as const;
const ends = ['bounced', 'dead', 'expired', 'suppressed', 'in_doubt'] as const;

function stageSeries(range: Range): Unlabelled[] {
  const series: Unlabelled[] = stages.map(([name, colour]) => ({
    name: `state:${name}`, label: tWord('state', name), colour: `--series-${colour}`, values: name === 'accepted' ? range.accepted : rangeSeries(range, name),
  }));
  const failed = range.times.map((_, i) => ends.reduce((sum, what) => sum + range.groups.reduce((of, group) => of + (group.series[what]?.[i] ?? 0), 0), 0));
  series.push({name: 'state:failed', label: tWord('state', 'failed'), colour: '--series-4', values: failed});
  return series.filter((one) => one.name !== 'state:delivered' || one.values.some((value) => value));
}

function groupSeries(range: Range, wanted: Wanted): Unlabelled[] {
  const measured = range.groups.map((group) => ({group, total: group.totals[wanted.measure] ?? 0})).sort((a, b) => b.total - a.total);
  return measured.slice(0, groupsShown).map(({group}, i) => ({
    name: group.name, label: wanted.group === 'channel' ? tWord('channel', group.name) : group.name || '–', colour: `--series-${i + 1}`,
    values: group.series[wanted.measure] ?? range.times.map(() => 0),
  }));
}

function FunnelCard({totals}: {totals: Record<string, number>}) {
  const planned = totals.planned ?? 0;
  const rows = [
    {name: 'accepted', count: totals.accepted ?? 0, note: t('funnel.events')},
    {name: 'planned', count: planned, note: totals.skipped ? t('funnel.skipped', {count: totals.skipped}) : t('funnel.notifications')},
    {name: 'sent', count: totals.sent ?? 0, note: percent(totals.sent ?? 0, planned)},
    {name: 'delivered', count: totals.delivered ?? 0, note: totals.delivered ? percent(totals.delivered, planned) : t('funnel.no_receipts')},
  ];
  const most = Math.max(1, ...rows.map((row) => row.count));
  const lost = ends.map((name) => ({name, count: totals[name] ?? 0})).filter((row) => row.count > 0);
  return (
    <Card title={t('funnel.title')}>
      <ol class="funnel">
        {rows.map((row) => (
          <li key={row.name}>
            <div class="funnel-text"><span>{tWord('state', row.name)}</span><strong class="num" title={number(row.count)}>{compact(row.count)}</strong></div>
            <div class={`funnel-bar tone-${row.name === 'accepted' ? 'accent' : toneOf(row.name)}`} aria-hidden="true"><span style={{width: `${(row.count / most) * 100}%`}} /></div>
            <span class="faint">{row.note}</span>
          </li>
        ))}
      </ol>
      {lost.length > 0 && (
        <ul class="lost" aria-label={t('funnel.lost')}>
          {lost.map((row) => <li key={row.name}><StateBadge state={row.name} /> <span class="num">{number(row.count)}</span></li>)}
        </ul>
      )}
    </Card>
  );
}

const ways = ['accepted_to_planned', 'planned_to_sent', 'accepted_to_sent', 'sent_to_delivered'] as const;

/** On a track by the logarithm, the same for all rows: half, nine tenths, ninety-nine hundredths. */
function LatencyCard({range, group}: {range: Range; group: Grouping | ''}) {
  const named = (name: string) => (!group || group === 'channel' ? tWord('channel', name) : name || '–');
  const groups = range.groups.slice(0, groupsShown).map(({name, latency_ms}) => ({
    name, rows: ways.map((way) => ({way, latency: latency_ms[way]})).filter((row): row is {way: (typeof ways)[number]; latency: Latency} => !!row.latency?.count),
  })).filter(({rows}) => rows.length > 0);
  const all = groups.flatMap(({rows}) => rows.flatMap(({latency}) => [latency.p50, latency.p99])).map((ms) => Math.max(0.1, ms));
  const low = Math.log10(Math.min(...all)) - 0.1;
  const high = Math.log10(Math.max(...all)) + 0.1;
  const at = (ms: number) => `${((Math.log10(Math.max(0.1, ms)) - low) / (high - low)) * 100}%`;
  return (
    <Card title={t('latency.title')}>
      {groups.length === 0 ? <p class="faint">{t('figure.latency.none')}</p> : (
        <table class="latency">
          <caption class="unseen">{t('latency.caption')}</caption>
          <thead><tr><th scope="col"><span class="unseen">{t('latency.way')}</span></th><th scope="col">p50</th><th scope="col">p90</th><th scope="col">p99</th></tr></thead>
          {groups.map(({name, rows}) => (
            <tbody key={name}>
              <tr class="latency-group"><th scope="rowgroup" colSpan={4}>{named(name)}</th></tr>
              {rows.map(({way, latency}) => <LatencyRow key={way} way={way} latency={latency} at={at} />)}
            </tbody>
          ))}
        </table>
      )}
    </Card>
  );
}

function LatencyRow({way, latency, at}: {way: string; latency: Latency; at: (ms: number) => string}) {
  const marks = [latency.p50, latency.p90, latency.p99];
  return (
    <tr>
      <th scope="row">
        <span class="faint">{tWord('latency', way)}</span>
        <span class="whisker" aria-hidden="true">
          <span class="whisker-line" style={{left: at(latency.p50), right: `calc(100% - ${at(latency.p99)})`}} />
          {marks.map((ms, i) => <i key={i} class={`mark-${i}`} style={{left: at(ms)}} />)}
        </span>
      </th>
      {marks.map((ms, i) => <td key={i} class="num">{duration(ms)}</td>)}
    </tr>
  );
}

function ErrorsCard({range}: {range: Range}) {
  return (
    <Card title={t('errors.title')}>
      {range.errors.length === 0 ? <Empty icon="check" title={t('errors.none')} /> : (
        <Table caption={t('errors.title')} rows={range.errors.slice(0, 10)} keyOf={(row) => `${row.channel} ${row.what} ${row.error}`}
          open={(row) => href(['notifications'], {channel: row.channel, error: row.error})}
          columns={[
            {name: 'error', label: t('errors.answer'), bare: true, cell: (row) => (
              <a class="answer-link" href={href(['notifications'], {channel: row.channel, error: row.error})}><code>{row.error || '–'}</code></a>
            )},
            {name: 'what', label: t('filter.state'), bare: true, cell: (row) => <><StateBadge state={row.what} /> <ChannelName channel={row.channel} /></>},
            {name: 'count', label: t('errors.count'), number: true, cell: (row) => number(row.count)},
          ]} />
      )}
    </Card>
  );
}
