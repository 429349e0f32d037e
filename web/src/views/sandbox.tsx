// The outbox of a system without providers: what would have been sent, as its reader would have seen it.
import {useState} from 'preact/hooks';

import {call, find} from '../api/client';
import {live} from '../api/live';
import {channels, type SandboxMessage} from '../api/types';
import {t, tWord} from '../i18n';
import {useCell} from '../lib/cell';
import {href} from '../lib/route';
import {smsParts} from '../lib/sms';
import {replace, route} from '../routing';
import {Empty, Failed, Skeleton, Time} from '../ui/basics';
import {Choice} from '../ui/choice';
import {Icon} from '../ui/icon';
import {useLoaded} from '../ui/loaded';
import {Mail, Sms} from '../ui/message';

const listed = 200;

export function Sandbox() {
  const query = useCell(route).query;
  const loaded = useLoaded('sandbox', async (signal) => (await call<{messages: SandboxMessage[]}>(`/v1/sandbox?limit=${listed}`, {signal})).messages);
  const [text, setText] = useState('');
  const channel = query.get('channel') ?? '';
  const found = (loaded.value ?? []).filter(
    (one) => (!channel || one.channel === channel) && (!text || `${one.to} ${one.subject ?? ''} ${one.text ?? ''}`.toLowerCase().includes(text.toLowerCase())));
  const open = query.get('open') ?? '';
  const shown = found.find((one) => one.notification_id === open) ?? (open ? undefined : found[0]);
  return (
    <div class="page">
      <div class="page-head">
        <h1>{t('nav.sandbox')}</h1>
        <p class="faint page-note">{t('sandbox.what')}</p>
      </div>
      <div class="filter-row">
        <Choice label={t('filter.channel')} value={channel} any={t('filter.any.channel')} options={channels.map((one) => [one, tWord('channel', one)])}
          change={(value) => replace(['sandbox'], {channel: value})} />
        <label class="inline-field"><span>{t('sandbox.find')}</span>
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
        <button type="button" class="button small" onClick={loaded.reload}><Icon name="retry" size={15} />{t('refresh')}</button>
        <Newer shown={loaded.value} reload={loaded.reload} />
      </div>
      {loaded.error && <Failed error={loaded.error} retry={loaded.reload} />}
      {!loaded.value && !loaded.error && <div class="card"><Skeleton lines={8} height={40} /></div>}
      {loaded.value && found.length === 0 && (
        loaded.value.length === 0 ? <Empty icon="sandbox" title={t('sandbox.empty')}>{t('sandbox.empty.text')} <code>make request</code></Empty>
          : <Empty icon="search" title={t('search.none')} />
      )}
      {found.length > 0 && (
        <div class={`outbox ${open ? 'is-open' : ''}`}>
          <ul class="outbox-list card flush" aria-label={t('sandbox.list')}>
            {found.map((one) => <Entry key={one.notification_id} message={one} open={one === shown} channel={channel} />)}
          </ul>
          <div class="outbox-message">{shown ? <Shown key={shown.notification_id} listedAs={shown} channel={channel} /> : <Empty icon="search" title={t('notification.unknown')} />}</div>
        </div>
      )}
    </div>
  );
}

/** Says when there are more than are shown. */
function Newer({shown, reload}: {shown: SandboxMessage[] | undefined; reload: () => void}) {
  const snapshot = useCell(live);
  const [seen, setSeen] = useState<{shown: unknown; count: number} | null>(null);
  const count = snapshot ? Object.values(snapshot.stats.channels).reduce((sum, one) => sum + one.sandboxed, 0) : null;
  if (count !== null && seen?.shown !== shown) setSeen({shown, count});
  const more = seen && count !== null ? count - seen.count : 0;
  return more > 0 ? <button type="button" class="newer" onClick={reload}><Icon name="retry" size={15} />{t('newer', {count: more})}</button> : null;
}

function Entry({message, open, channel}: {message: SandboxMessage; open: boolean; channel: string}) {
  const first = message.subject ?? message.text?.split('\n')[0] ?? '';
  return (
    <li>
      <a class="outbox-entry" data-row aria-current={open ? 'true' : undefined} href={href(['sandbox'], {channel, open: message.notification_id})}>
        <span class="outbox-icon" title={tWord('channel', message.channel)}><Icon name={message.channel} /><span class="unseen">{tWord('channel', message.channel)}</span></span>
        <span class="outbox-to">{message.to}</span>
        <Time at={message.kept_at} />
        <span class="outbox-first">{first}</span>
      </a>
    </li>
  );
}

function Shown({listedAs, channel}: {listedAs: SandboxMessage; channel: string}) {
  const loaded = useLoaded(listedAs.notification_id, (signal) => find<SandboxMessage>(`/v1/sandbox/${encodeURIComponent(listedAs.notification_id)}`, {signal}));
  const message = loaded.value ?? listedAs;
  return (
    <article class="card" aria-label={message.subject ?? message.to}>
      <div class="outbox-head">
        <a class="up outbox-back" href={href(['sandbox'], {channel})}><Icon name="back" size={15} />{t('sandbox.list')}</a>
        <a class="button small" href={href(['notifications', message.notification_id])}>{t('sandbox.timeline')}<Icon name="forward" size={15} /></a>
      </div>
      {message.channel === 'email' ? <Mail subject={message.subject} to={message.to} html={message.html} text={message.text} raw={message.raw} />
        : <Sms to={message.to} sms={smsParts(message)} />}
    </article>
  );
}
