// What waits for a person (dead letters and in doubt), and anything else the channels hold: found, looked at, decided on.
import {useEffect, useState} from 'preact/hooks';

import {call} from '../api/client';
import {channels, type Delivery, type DeliveryState} from '../api/types';
import {number, t, tWord, type Key} from '../i18n';
import {useCell} from '../lib/cell';
import {href, type Query, queryString} from '../lib/route';
import {go, route} from '../routing';
import {ChannelName, Empty, Failed, Skeleton, StateBadge, Time} from '../ui/basics';
import {Choice} from '../ui/choice';
import {Icon} from '../ui/icon';
import {useLoaded} from '../ui/loaded';
import {type Column, Table} from '../ui/table';
import {Decide, type Matching} from './decide';

const path = ['deliveries'] as const;
const tabs = {waiting: ['dead', 'in_doubt'], dead: ['dead'], in_doubt: ['in_doubt'], pending: ['pending', 'sending'],
  ended: ['bounced', 'expired', 'suppressed', 'discarded']} as const satisfies Record<string, readonly DeliveryState[]>;
type Tab = keyof typeof tabs;
const textFilters = ['provider', 'category', 'answer', 'user_id'] as const;

interface Wanted {
  tab: Tab;
  filters: Record<'channel' | (typeof textFilters)[number], string>;
  cursor: string;
}

function wantedIn(query: URLSearchParams): Wanted {
  const tab = query.get('tab') ?? '';
  const text = (name: string) => query.get(name) ?? '';
  return {
    tab: tab in tabs ? (tab as Tab) : 'waiting',
    filters: {channel: text('channel'), provider: text('provider'), category: text('category'), answer: text('answer'), user_id: text('user_id')},
    cursor: text('cursor'),
  };
}
const toQuery = ({tab, filters, cursor}: Wanted): Query => ({tab: tab === 'waiting' ? '' : tab, ...filters, cursor});

interface Page {
  deliveries: Delivery[];
  next: string;
}

const rowsPerPage = 50;
const callsMax = 8;

async function load({tab, filters, cursor}: Wanted, signal: AbortSignal): Promise<Page> {
  const page: Page = {deliveries: [], next: cursor};
  for (let calls = 0; calls < callsMax; ++calls) {
    const query = queryString({state: tabs[tab].join(','), ...filters, limit: String(rowsPerPage - page.deliveries.length), cursor: page.next});
    const found = await call<{deliveries: Delivery[]; next?: string}>(`/v1/deliveries?${query}`, {signal});
    page.deliveries.push(...found.deliveries);
    page.next = found.next ?? '';
    if (!page.next || page.deliveries.length >= rowsPerPage) break;
  }
  return page;
}

export function Deliveries() {
  const wanted = wantedIn(useCell(route).query);
  const key = JSON.stringify(wanted);
  const loaded = useLoaded(key, (signal) => load(wanted, signal));
  const page = loaded.value;
  const change = (part: Partial<Wanted>) => go(path, toQuery({...wanted, cursor: '', ...part}));
  return (
    <div class="page">
      <div class="page-head"><h1>{t('nav.deliveries')}</h1></div>
      <div class="filters">
        <div class="filter-row">
          <div class="segments" role="group" aria-label={t('filter.state')}>
            {(Object.keys(tabs) as Tab[]).map((tab) => (
              <button key={tab} type="button" aria-pressed={tab === wanted.tab} onClick={() => change({tab})}>{t(`deliveries.${tab}`)}</button>
            ))}
          </div>
          <button type="button" class="button small" onClick={loaded.reload}><Icon name="retry" size={15} />{t('refresh')}</button>
        </div>
        <FilterRow wanted={wanted} change={change} />
      </div>
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {!page && !loaded.error && <div class="card"><Skeleton lines={6} height={40} /></div>}
      {page && page.deliveries.length === 0 && (
        page.next ? <Empty icon="search" title={t('search.none_yet')}>{t('search.none_yet.text')}</Empty>
          : <Empty icon="check" title={t(wanted.tab === 'waiting' ? 'deliveries.none' : 'search.none')}>{wanted.tab === 'waiting' && t('deliveries.none.text')}</Empty>
      )}
      {page && page.deliveries.length > 0 && <Results key={key} page={page} wanted={wanted} reload={loaded.reload} />}
      {page && (wanted.cursor || page.next) && (
        <nav class="pager" aria-label={t('pages')}>
          {wanted.cursor && <a class="button" href={href(path, toQuery({...wanted, cursor: ''}))}>{t('pages.newest')}</a>}
          {page.next && <a class="button" href={href(path, toQuery({...wanted, cursor: page.next}))}>{t('pages.older')}<Icon name="forward" size={15} /></a>}
        </nav>
      )}
    </div>
  );
}

function FilterRow({wanted, change}: {wanted: Wanted; change: (part: Partial<Wanted>) => void}) {
  const set = (name: keyof Wanted['filters'], value: string) => change({filters: {...wanted.filters, [name]: value.trim()}});
  return (
    <div class="filter-row">
      <Choice label={t('filter.channel')} value={wanted.filters.channel} any={t('filter.any.channel')} options={channels.map((one) => [one, tWord('channel', one)])}
        change={(value) => set('channel', value)} />
      {textFilters.map((name) => (
        <label key={name} class="inline-field">
          <span>{t(`filter.${name}` as Key)}</span>
          <input type="text" value={wanted.filters[name]} spellcheck={false} size={14} onChange={(event) => set(name, event.currentTarget.value)} />
        </label>
      ))}
    </div>
  );
}

function Results({page, wanted, reload}: {page: Page; wanted: Wanted; reload: () => void}) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const decidable = page.deliveries.filter((delivery) => delivery.state === 'dead' || delivery.state === 'in_doubt');
  const chosen = decidable.filter((delivery) => marked.has(delivery.notification_id));
  const all = chosen.length === decidable.length && chosen.length > 0;
  useEffect(() => setMarked(new Set()), [page]);
  const mark = (id: string) => {
    const next = new Set(marked);
    if (!next.delete(id)) next.add(id);
    setMarked(next);
  };
  return (
    <>
      {decidable.length > 0 && <BulkBar chosen={chosen} wanted={wanted} reload={reload} />}
      <div class="card flush">
        <Table caption={t('deliveries.caption')} rows={page.deliveries} keyOf={(row) => row.notification_id} open={linkOf}
          columns={[
            ...(decidable.length > 0 ? [markColumn(marked, mark, all, () => setMarked(new Set(all ? [] : decidable.map((row) => row.notification_id))))] : []),
            ...columnsShown(),
          ]} />
      </div>
    </>
  );
}

const linkOf = (row: Delivery): string => href(['notifications', row.notification_id]);

function markColumn(marked: ReadonlySet<string>, mark: (id: string) => void, all: boolean, markAll: () => void): Column<Delivery> {
  return {
    name: 'mark', bare: true,
    label: <input type="checkbox" aria-label={t('deliveries.mark.all')} checked={all} onChange={markAll} />,
    cell: (row) => (
      <input type="checkbox" aria-label={t('deliveries.mark', {id: row.notification_id})} checked={marked.has(row.notification_id)}
        disabled={row.state !== 'dead' && row.state !== 'in_doubt'} onChange={() => mark(row.notification_id)} />
    ),
  };
}

const columnsShown = (): Column<Delivery>[] => [
  {name: 'id', label: t('column.id'), bare: true, cell: (row) => (
    <a class="row-link" href={linkOf(row)}><ChannelName channel={row.channel} /> <code>{row.notification_id.slice(0, 8)}</code></a>
  )},
  {name: 'state', label: t('filter.state'), bare: true, cell: (row) => <StateBadge state={row.state} />},
  {name: 'answer', label: t('filter.answer'), cell: (row) => (
    <span class="answer-cell">{row.answer ?? <span class="faint">–</span>}{row.provider && <span class="faint"> {row.provider}</span>}</span>
  )},
  {name: 'template', label: t('filter.template'), cell: (row) => <>{row.template.split('@')[0]} <span class="faint nowrap">{row.category}</span></>},
  {name: 'attempt', label: t('column.attempts'), number: true, cell: (row) => number(row.attempt)},
  {name: 'updated', label: t('column.updated'), cell: (row) => <Time at={row.updated_at} />},
];

/** What is marked; nothing marked: all that match the filters, also on other pages. */
function BulkBar({chosen, wanted, reload}: {chosen: readonly Delivery[]; wanted: Wanted; reload: () => void}) {
  const states = tabs[wanted.tab];
  const filter = Object.fromEntries(Object.entries(wanted.filters).filter(([, value]) => value));
  const matching: Matching | undefined = chosen.length === 0 ? {filter: {...filter, state: states}, states} : undefined;
  return (
    <div class="bulk" role="group" aria-label={t('deliveries.bulk')}>
      <span class="bulk-text">{chosen.length > 0 ? t('deliveries.marked', {count: chosen.length}) : t('deliveries.all_matching')}</span>
      <Decide deliveries={chosen} matching={matching} decided={reload} />
    </div>
  );
}
