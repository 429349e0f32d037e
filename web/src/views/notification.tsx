// One notification: what happened to it, step by step, in the peer's own words, and what its reader gets to see.
import {useMemo} from 'preact/hooks';

import {call, find} from '../api/client';
import type {Delivery, Notification, SandboxMessage, TimelineEntry} from '../api/types';
import {duration, t, tWord} from '../i18n';
import {href} from '../lib/route';
import {smsParts} from '../lib/sms';
import {between} from '../lib/time';
import {Card, ChannelName, Empty, Facts, Failed, iconOf, Id, SandboxTag, Skeleton, StateBadge, Time, toneOf} from '../ui/basics';
import {Icon} from '../ui/icon';
import {useEvery, useLoaded} from '../ui/loaded';
import {Mail, Sms} from '../ui/message';
import {Decide} from './decide';

/** In these nothing more happens by itself. A message that was sent may still be delivered or bounce. */
const final = new Set(['delivered', 'bounced', 'dead', 'expired', 'suppressed', 'skipped', 'discarded']);
const refreshMs = 1000;
/** While only a receipt may still come. */
const refreshSlowlyMs = 5000;

interface Whole {
  notification: Notification;
  delivery: Delivery | null;
  message: SandboxMessage | null;
}

/** The timeline comes after the ledger: what a person has just decided is in the one and not yet in the other. */
const agree = ({notification, delivery}: Whole): boolean => !delivery || delivery.state === notification.state;
const isSettled = (whole: Whole): boolean =>
  agree(whole) && (final.has(whole.notification.state) || (whole.notification.sandbox && whole.notification.state === 'sent'));
const awaitsReceipt = (whole: Whole): boolean => agree(whole) && whole.notification.state === 'sent';

async function load(id: string, signal: AbortSignal): Promise<Whole | null> {
  const path = encodeURIComponent(id);
  const notification = await find<Notification>(`/v1/notifications/${path}`, {signal});
  if (!notification) return null;
  // Skipped ones were never a channel's, and only the sandbox keeps messages: no use in asking for what can't be there.
  const [delivery, message] = await Promise.all([
    notification.state === 'skipped' || notification.state === 'planned' ? null : call<Delivery>(`/v1/deliveries/${path}`, {signal}).catch(() => null),
    notification.sandbox ? find<SandboxMessage>(`/v1/sandbox/${path}`, {signal}) : null,
  ]);
  return {notification, delivery, message};
}

export function NotificationView({id}: {id: string}) {
  const loaded = useLoaded(id, (signal) => load(id, signal));
  const whole = loaded.value;
  useEvery(whole && awaitsReceipt(whole) ? refreshSlowlyMs : refreshMs, !loaded.error && whole !== null && !(whole && isSettled(whole)), loaded.reload);
  return (
    <div class="page">
      <a class="up" href="#/notifications"><Icon name="back" size={15} />{t('nav.notifications')}</a>
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {whole === undefined && !loaded.error && <div class="card"><Skeleton lines={8} height={28} /></div>}
      {whole === null && <Empty icon="search" title={t('notification.unknown')}>{t('notification.unknown.text')}</Empty>}
      {whole && <Shown whole={whole} reload={loaded.reload} />}
    </div>
  );
}

function Shown({whole: {notification: n, delivery, message}, reload}: {whole: Whole; reload: () => void}) {
  const recipient = message?.to ?? delivery?.to ?? n.recipient;
  const timeline = n.timeline ?? [];
  return (
    <>
      <div class="page-head">
        <div>
          <h1 class="notification-title"><ChannelName channel={n.channel} /> {recipient ?? n.notification_id.slice(0, 8)}</h1>
          <p class="headline"><StateBadge state={n.state} /> {n.sandbox && <SandboxTag />} <Spent timeline={timeline} /></p>
        </div>
        {delivery && <Decide deliveries={[delivery]} decided={reload} />}
      </div>
      <div class="columns detail">
        <Card title={t('timeline')}><Timeline entries={timeline} /></Card>
        <div class="stack">
          <Card title={t('message')}><Message delivery={delivery} message={message} notification={n} /></Card>
          <Card title={t('details')}><Details n={n} delivery={delivery} /></Card>
        </div>
      </div>
    </>
  );
}

/** From acceptance to what ended it. */
function Spent({timeline}: {timeline: readonly TimelineEntry[]}) {
  const first = timeline[0];
  const last = timeline.at(-1);
  if (!first || !last || first === last) return null;
  return <span class="faint">{t('notification.spent', {time: duration(between(first.at, last.at))})}</span>;
}

function Details({n, delivery}: {n: Notification; delivery: Delivery | null}) {
  const user = href(['notifications'], {q: n.user_id});
  return (
    <Facts items={[
      [t('column.id'), <Id value={n.notification_id} label={t('column.id')} />],
      [t('column.user'), <Id value={n.user_id} link={user} label={t('column.user')} />],
      [t('column.event'), <Id value={n.event_id} link={href(['notifications'], {q: n.event_id})} label={t('column.event')} />],
      n.event_type ? [t('filter.event_type'), n.event_type] : null,
      n.template ? [t('filter.template'), <code>{n.template}</code>] : null,
      n.category ?? delivery?.category ? [t('filter.category'), n.category ?? delivery?.category] : null,
      n.provider ? [t('filter.provider'), n.provider] : null,
      [t('column.attempts'), n.attempt],
      n.accepted_at ? [t('column.accepted'), <Time at={n.accepted_at} fraction />] : null,
      [t('column.updated'), <Time at={n.updated_at} fraction />],
      delivery?.due_at ? [t('column.due'), <Time at={delivery.due_at} />] : null,
      delivery?.expires_at ? [t('column.expires'), <Time at={delivery.expires_at} />] : null,
    ]} />
  );
}

function Timeline({entries}: {entries: readonly TimelineEntry[]}) {
  const shown = useMemo(() => entries.map((entry, i) => ({entry, after: i > 0 ? between(entries[i - 1]!.at, entry.at) : null})), [entries]);
  if (entries.length === 0) return <p class="faint">{t('timeline.empty')}</p>;
  return (
    <ol class="timeline">
      {shown.map(({entry, after}, i) => (
        <li key={`${entry.at} ${entry.what} ${i}`} class={`tone-${toneOf(entry.what)}`} data-what={entry.what}>
          <span class="timeline-mark"><Icon name={iconOf(entry.what)} size={14} /></span>
          <div class="timeline-body">
            <p class="timeline-head">
              <strong>{tWord('state', entry.what)}</strong>
              {!!entry.attempt && <span class="tag">{t('timeline.attempt', {n: entry.attempt})}</span>}
              {entry.provider && <span class="faint">{t('timeline.by', {provider: entry.provider})}</span>}
            </p>
            <p class="timeline-time"><Time at={entry.at} fraction />{after !== null && <span class="faint"> +{duration(Math.max(0, after))}</span>}</p>
            {entry.answer && <blockquote class="answer">{entry.answer}</blockquote>}
            {entry.due_at && <p class="faint">{t('timeline.due')} <Time at={entry.due_at} fraction /></p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Message({notification: n, delivery, message}: {notification: Notification; delivery: Delivery | null; message: SandboxMessage | null}) {
  if (n.channel === 'email' && message) return <><Kept /><Mail subject={message.subject} to={message.to} html={message.html} text={message.text} raw={message.raw} /></>;
  if (n.channel === 'sms' && message) return <><Kept /><Sms to={message.to} sms={smsParts(message)} /></>;
  if (delivery && (delivery.text || delivery.html)) {
    return n.channel === 'email' ? <Mail subject={delivery.subject} to={delivery.to} html={delivery.html} text={delivery.text} />
      : <Sms to={delivery.to} sms={{parts: [delivery.text ?? '']}} />;
  }
  return <Empty icon={n.channel} title={t('message.gone')}>{t('message.gone.text')}</Empty>;
}

const Kept = () => <p class="hint">{t('sandbox.kept')}</p>;
