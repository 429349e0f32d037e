// Who received it? Search by whatever the reader has, filters, and stable pages, newest first.
import {useEffect, useRef, useState} from 'preact/hooks';

import {live} from '../api/live';
import {totalsOf} from '../api/totals';
import {channels, type Notification, states} from '../api/types';
import {number, t, tWord, type Key} from '../i18n';
import {useCell} from '../lib/cell';
import {href} from '../lib/route';
import {fromLocalInput, localInput, milliseconds, rfc3339Of} from '../lib/time';
import {go, route} from '../routing';
import {ChannelName, Empty, Failed, Id, SandboxTag, Skeleton, StateBadge, Time} from '../ui/basics';
import {Choice} from '../ui/choice';
import {ExportMenu} from '../ui/export';
import {Icon} from '../ui/icon';
import {useLoaded} from '../ui/loaded';
import {type Column, Table} from '../ui/table';
import {byId, type FilterName, filterNames, isFiltered, search, toQuery, type Wanted, wantedIn} from './search';

const path = ['notifications'] as const;

export function Notifications() {
  const wanted = wantedIn(useCell(route).query);
  const key = JSON.stringify(wanted);
  const loaded = useLoaded(key, async (signal) => {
    const one = wanted.cursor ? null : await byId(wanted.q, signal);
    return one ? {notifications: [one], next: ''} : search(wanted, signal);
  });
  const change = (part: Partial<Wanted>) => go(path, toQuery({...wanted, cursor: '', ...part}));
  const page = loaded.value;
  return (
    <div class="page">
      <div class="page-head">
        <h1>{t('nav.notifications')}</h1>
        <ExportMenu wanted={wanted} />
      </div>
      <SearchBar wanted={wanted} change={change} />
      <Filters wanted={wanted} change={change} />
      <NewerNote wanted={wanted} loadedAt={page} reload={loaded.reload} />
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {!page && !loaded.error && <div class="card"><Skeleton lines={10} height={34} /></div>}
      <p class="unseen" role="status">{page && t('search.count', {count: page.notifications.length})}</p>
      {page && (page.notifications.length > 0 ? <Results rows={page.notifications} /> : <Nothing wanted={wanted} more={!!page.next} />)}
      {page && (wanted.cursor || page.next) && <Pager wanted={wanted} next={page.next} />}
    </div>
  );
}

function SearchBar({wanted, change}: {wanted: Wanted; change: (part: Partial<Wanted>) => void}) {
  const [text, setText] = useState(wanted.q);
  useEffect(() => setText(wanted.q), [wanted.q]);
  const submit = (event: Event) => {
    event.preventDefault();
    change({q: text.trim()});
  };
  return (
    <form class="search" role="search" onSubmit={submit}>
      <Icon name="search" />
      <input type="search" aria-label={t('search.label')} placeholder={t('search.placeholder')} value={text} spellcheck={false} autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)} />
      <button class="button primary">{t('search')}</button>
    </form>
  );
}

const textFilters: readonly FilterName[] = ['provider', 'template', 'category', 'event_type', 'error'];

function Filters({wanted, change}: {wanted: Wanted; change: (part: Partial<Wanted>) => void}) {
  const [open, setOpen] = useState(false);
  const set = (name: FilterName, values: string[]) => change({filters: {...wanted.filters, [name]: values}});
  const active = filterNames.flatMap((name) => wanted.filters[name].map((value) => ({name, value})));
  return (
    <section class="filters" aria-label={t('filters')}>
      <div class="filter-row">
        <Choice label={t('filter.state')} value={wanted.filters.state[0] ?? ''} any={t('filter.any.state')} options={states.map((one) => [one, tWord('state', one)])}
          change={(value) => set('state', value ? [value] : [])} />
        <Choice label={t('filter.channel')} value={wanted.filters.channel[0] ?? ''} any={t('filter.any.channel')} options={channels.map((one) => [one, tWord('channel', one)])}
          change={(value) => set('channel', value ? [value] : [])} />
        <button type="button" class="button small" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="filter" size={15} />{t('filters.more')}
        </button>
        {active.length > 0 && <button type="button" class="button small plain" onClick={() => go(path)}>{t('filters.clear')}</button>}
      </div>
      {open && <MoreFilters wanted={wanted} set={set} />}
      {active.length > 0 && (
        <ul class="chips">
          {active.map(({name, value}) => (
            <li key={`${name} ${value}`} class="chip">
              <span>{t(`filter.${name}` as Key)}: <strong>{shownValue(name, value)}</strong></span>
              <button type="button" aria-label={t('filter.remove', {what: t(`filter.${name}` as Key)})}
                onClick={() => set(name, wanted.filters[name].filter((one) => one !== value))}><Icon name="cross" size={13} /></button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const shownValue = (name: FilterName, value: string): string =>
  name === 'state' ? tWord('state', value) : name === 'channel' ? tWord('channel', value)
  : name === 'from' || name === 'to' ? localInput(milliseconds(value)).replace('T', ' ') : value;

function MoreFilters({wanted, set}: {wanted: Wanted; set: (name: FilterName, values: string[]) => void}) {
  const at = (name: 'from' | 'to') => (wanted.filters[name][0] ? localInput(milliseconds(wanted.filters[name][0])) : '');
  const time = (name: 'from' | 'to', text: string) => set(name, text ? [rfc3339Of(fromLocalInput(text))] : []);
  return (
    <div class="filter-grid">
      {textFilters.map((name) => (
        <label key={name} class="field">
          <span>{t(`filter.${name}` as Key)}</span>
          <input type="text" value={wanted.filters[name][0] ?? ''} spellcheck={false} onChange={(event) => set(name, [event.currentTarget.value.trim()].filter(Boolean))} />
        </label>
      ))}
      {(['from', 'to'] as const).map((name) => (
        <label key={name} class="field">
          <span>{t(`filter.${name}`)}</span>
          <input type="datetime-local" value={at(name)} onChange={(event) => time(name, event.currentTarget.value)} />
        </label>
      ))}
    </div>
  );
}

/** What has come since is told, not pushed in: rows don't move under the reader's eyes. */
function NewerNote({wanted, loadedAt, reload}: {wanted: Wanted; loadedAt: object | undefined; reload: () => void}) {
  const snapshot = useCell(live);
  const planned = snapshot ? totalsOf(snapshot.stats).planned : null;
  const seen = useRef<{page: object | undefined; planned: number | null}>({page: undefined, planned: null});
  if (seen.current.page !== loadedAt || seen.current.planned === null) seen.current = {page: loadedAt, planned};
  const count = planned !== null && seen.current.planned !== null ? planned - seen.current.planned : 0;
  if (count <= 0 || wanted.cursor || isFiltered(wanted)) return null;
  return (
    <button type="button" class="newer" onClick={reload}>
      <Icon name="retry" size={15} />{t('newer', {count})}
    </button>
  );
}

const linkOf = (row: Notification): string => href([...path, row.notification_id]);

const columns: readonly (Column<Notification> & {title: Key})[] = [
  {name: 'time', title: 'column.accepted', label: '', cell: (row) => <Time at={row.accepted_at ?? row.updated_at} />},
  {name: 'recipient', title: 'filter.recipient', label: '', bare: true, cell: (row) => (
    <a class="row-link" href={linkOf(row)}><ChannelName channel={row.channel} /> <span class="recipient">{row.recipient ?? row.notification_id.slice(0, 8)}</span></a>
  )},
  {name: 'state', title: 'filter.state', label: '', bare: true, cell: (row) => <><StateBadge state={row.state} /> {row.sandbox && <SandboxTag />}</>},
  {name: 'event', title: 'filter.event_type', label: '', cell: (row) => <>{row.event_type} {row.template && <span class="faint nowrap">{row.template.split('@')[0]}</span>}</>},
  {name: 'provider', title: 'filter.provider', label: '', cell: (row) => row.error ? <code class="error-text">{row.error}</code> : (row.provider ?? <span class="faint">–</span>)},
  {name: 'attempt', title: 'column.attempts', label: '', number: true, cell: (row) => number(row.attempt)},
  {name: 'id', title: 'column.id', label: '', cell: (row) => <Id value={row.notification_id} short label={t('column.id')} />},
];

function Results({rows}: {rows: readonly Notification[]}) {
  return (
    <div class="card flush">
      <Table caption={t('notifications.caption')} rows={rows} keyOf={(row) => row.notification_id} open={linkOf}
        columns={columns.map((column) => ({...column, label: t(column.title)}))} />
    </div>
  );
}

function Nothing({wanted, more}: {wanted: Wanted; more: boolean}) {
  if (more) return <Empty icon="search" title={t('search.none_yet')}>{t('search.none_yet.text')}</Empty>;
  if (isFiltered(wanted)) return <Empty icon="search" title={t('search.none')}>{t('search.none.text')}</Empty>;
  return <Empty icon="notifications" title={t('overview.empty')}>{t('overview.empty.text')} <code>make request</code></Empty>;
}

function Pager({wanted, next}: {wanted: Wanted; next: string}) {
  return (
    <nav class="pager" aria-label={t('pages')}>
      {wanted.cursor && <a class="button" href={href(path, toQuery({...wanted, cursor: ''}))}>{t('pages.newest')}</a>}
      {wanted.cursor && <button type="button" class="button" onClick={() => window.history.back()}><Icon name="back" size={15} />{t('pages.back')}</button>}
      {next && <a class="button" href={href(path, toQuery({...wanted, cursor: next}))}>{t('pages.older')}<Icon name="forward" size={15} /></a>}
    </nav>
  );
}
