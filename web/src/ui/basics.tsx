// The small parts that every view is made of.
import type {ComponentChildren} from 'preact';
import {useEffect, useState} from 'preact/hooks';

import {inFull, number, t, tWord, when} from '../i18n';
import type {Channel} from '../api/types';
import {announce} from './announcer';
import {Icon, type IconName} from './icon';

/** The colour family and sign of each state; the label always stands beside them. */
const stateLooks: Record<string, {tone: Tone; icon: IconName}> = {
  accepted: {tone: 'idle', icon: 'check'},
  planned: {tone: 'idle', icon: 'clock'},
  pending: {tone: 'idle', icon: 'clock'},
  sending: {tone: 'busy', icon: 'plane'},
  deferred: {tone: 'wait', icon: 'clock'},
  retried: {tone: 'busy', icon: 'retry'},
  in_doubt: {tone: 'doubt', icon: 'question'},
  sent: {tone: 'sent', icon: 'plane'},
  delivered: {tone: 'good', icon: 'check'},
  bounced: {tone: 'bad', icon: 'back'},
  dead: {tone: 'bad', icon: 'cross'},
  expired: {tone: 'off', icon: 'clock'},
  suppressed: {tone: 'off', icon: 'minus'},
  skipped: {tone: 'off', icon: 'minus'},
  discarded: {tone: 'off', icon: 'trash'},
};
export type Tone = 'idle' | 'busy' | 'wait' | 'doubt' | 'sent' | 'good' | 'bad' | 'off';

export const toneOf = (state: string): Tone => stateLooks[state]?.tone ?? 'idle';
export const iconOf = (state: string): IconName => stateLooks[state]?.icon ?? 'clock';

export function StateBadge({state}: {state: string}) {
  return (
    <span class={`badge tone-${toneOf(state)}`}>
      <Icon name={iconOf(state)} size={13} />
      {tWord('state', state)}
    </span>
  );
}

export function SandboxTag() {
  return <span class="tag" title={t('sandbox.kept')}>{t('sandbox.tag')}</span>;
}

export function ChannelName({channel}: {channel: Channel}) {
  return (
    <span class="channel">
      <Icon name={channel} size={16} />
      {tWord('channel', channel)}
    </span>
  );
}

/** A time in the reader's zone; everything that is known of it on hover. */
export function Time({at, fraction = false}: {at: string | undefined; fraction?: boolean}) {
  if (!at) return <span class="faint">–</span>;
  return (
    <time class="time" dateTime={at} title={inFull(at)}>
      {when(at, fraction)}
    </time>
  );
}

/** An id, short where room is, with a button that copies it whole. */
export function Id({value, short = false, link, label}: {value: string; short?: boolean; link?: string; label: string}) {
  const shown = short && value.length > 14 ? `${value.slice(0, value.startsWith('user_') ? 13 : 8)}…` : value;
  return (
    <span class="id">
      {link ? <a href={link} title={value}><code>{shown}</code></a> : <code title={value}>{shown}</code>}
      <CopyButton text={value} label={t('copy', {what: label})} />
    </span>
  );
}

export function CopyButton({text, label}: {text: string; label: string}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  // Browsers give it only to pages that come over TLS, or from this machine.
  if (!isSecureContext) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      announce(t('copied'));
    } catch {
      announce(t('copy.failed'), 'bad');
    }
  };
  return (
    <button type="button" class="copy" title={label} aria-label={label} onClick={copy}>
      <Icon name={done ? 'check' : 'copy'} size={14} />
    </button>
  );
}

export function Card({title, tools, class: name = '', children}: {
  title?: ComponentChildren;
  tools?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`card ${name}`}>
      {title && (
        <header class="card-head">
          <h2>{title}</h2>
          {tools && <div class="card-tools">{tools}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

export function Empty({icon, title, children}: {icon: IconName; title: string; children?: ComponentChildren}) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} size={26} /></span>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}

/** Stands where content will be, as high as it, so that nothing jumps. */
export function Skeleton({lines = 3, height = 16}: {lines?: number; height?: number}) {
  return (
    <div class="skeletons" aria-hidden="true">
      {Array.from({length: lines}, (_, i) => <span key={i} class="skeleton" style={{height: `${height}px`}} />)}
    </div>
  );
}

/** What went wrong with one part of the page, and the way to try again. */
export function Failed({error, retry}: {error: Error; retry?: () => void}) {
  return (
    <div class="failed" role="alert">
      <p>{error.name === 'Error' && error.message ? error.message : t('failed')}</p>
      {retry && <button type="button" class="button small" onClick={retry}><Icon name="retry" size={15} />{t('retry.page')}</button>}
    </div>
  );
}

export function Facts({items}: {items: readonly (readonly [string, ComponentChildren] | null)[]}) {
  return (
    <dl class="facts">
      {items.map((item) => item && (
        <div key={item[0]}>
          <dt>{item[0]}</dt>
          <dd>{item[1]}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Count({n}: {n: number}) {
  return <span class={n === 0 ? 'num faint' : 'num'}>{number(n)}</span>;
}
