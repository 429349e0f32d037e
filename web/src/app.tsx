// The frame around every view: navigation, the state of the connection, the reader's choices, and who is let in.
import type {ComponentType} from 'preact';
import {useEffect, useRef} from 'preact/hooks';

import {apiKey, keyNeeded} from './api/client';
import {connect, connection, disconnect, live, watchVisibility} from './api/live';
import {lookAtSections, sections, type Sections} from './api/sections';
import {totalsOf} from './api/totals';
import {compact, t, useLanguage, type Key} from './i18n';
import {useCell} from './lib/cell';
import {href} from './lib/route';
import {route} from './routing';
import {Announcer} from './ui/announcer';
import {Icon, type IconName} from './ui/icon';
import {AwayBanner, Header} from './ui/header';
import {Login} from './ui/login';
import {Help, useShortcuts} from './ui/shortcuts';
import {Deliveries} from './views/deliveries';
import {NotificationView} from './views/notification';
import {Notifications} from './views/notifications';
import {Overview} from './views/overview';
import {Sandbox} from './views/sandbox';
import {SystemView} from './views/system';
import {Templates} from './views/templates';

interface View {
  name: string;
  title: Key;
  icon: IconName;
  shown: (sections: Sections | null) => boolean;
  component: ComponentType;
}

const always = () => true;
const views: readonly View[] = [
  {name: 'overview', title: 'nav.overview', icon: 'overview', shown: always, component: Overview},
  {name: 'notifications', title: 'nav.notifications', icon: 'notifications', shown: always, component: Notifications},
  {name: 'deliveries', title: 'nav.deliveries', icon: 'deliveries', shown: always, component: Deliveries},
  {name: 'sandbox', title: 'nav.sandbox', icon: 'sandbox', shown: always, component: Sandbox},
  {name: 'templates', title: 'nav.templates', icon: 'templates', shown: (has) => !!(has?.templates || has?.workflows), component: Templates},
  {name: 'system', title: 'nav.system', icon: 'system', shown: (has) => !!has?.system, component: SystemView},
];

export function App() {
  useLanguage();
  const needed = useCell(keyNeeded);
  useEffect(watchVisibility, []);
  useEffect(() => {
    if (needed !== 'no') return disconnect();
    connect();
    lookAtSections().catch(() => {
      // Away: the connection says so, and looks again when it is back.
    });
  }, [needed]);
  return (
    <>
      {needed === 'no' ? <Shell /> : <Login refused={needed === 'refused'} />}
      <Help />
      <Announcer />
    </>
  );
}

function Shell() {
  const {path} = useCell(route);
  const has = useCell(sections);
  const state = useCell(connection);
  const name = path[0] ?? 'overview';
  const view = views.find((one) => one.name === name);
  const id = name === 'notifications' ? path[1] : undefined;
  const main = useRef<HTMLElement>(null);
  const shown = views.filter((one) => one.shown(has));
  useShortcuts(shown.map((one) => one.name));
  useEffect(() => {
    if (state.kind === 'on' && !sections.value) lookAtSections().catch(() => undefined);
  }, [state.kind]);
  useNewPage(name, id, view ? t(view.title) : t('missing.title'), main);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{t('skip')}</a>
      <Header canLogOut={!!apiKey()} />
      <nav class="nav" aria-label={t('nav')}>
        <ul>
          {shown.map((one) => (
            <li key={one.name}>
              <a href={href([one.name])} aria-current={one.name === name ? 'page' : undefined}>
                <Icon name={one.icon} />
                <span>{t(one.title)}</span>
                {one.name === 'deliveries' && <Waiting />}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <AwayBanner />
        {id ? <NotificationView key={id} id={id} /> : view ? <view.component /> : <Missing />}
      </main>
    </div>
  );
}

/** How many deliveries wait for a person. */
function Waiting() {
  const snapshot = useCell(live);
  const count = snapshot ? totalsOf(snapshot.stats).waiting : 0;
  if (count === 0) return null;
  return <span class="nav-count" title={t('nav.waiting', {count})}>{compact(count)}<span class="unseen"> {t('nav.waiting.short')}</span></span>;
}

function Missing() {
  return (
    <div class="page">
      <h1>{t('missing.title')}</h1>
      <p><a href="#/overview">{t('missing.back')}</a></p>
    </div>
  );
}

/** A new view is told as a new page is: by the title, and by where the focus stands. */
function useNewPage(name: string, id: string | undefined, title: string, main: {current: HTMLElement | null}): void {
  const first = useRef(true);
  useEffect(() => {
    // Where the sections are a strip that scrolls, the one that is shown may be out of sight.
    document.querySelector('.nav [aria-current]')?.scrollIntoView({block: 'nearest', inline: 'center'});
    document.title = `${id ? `${id.slice(0, 8)} – ` : ''}${title} – Vestnik`;
  }, [name, id, title]);
  useEffect(() => {
    if (!first.current) {
      scrollTo(0, 0);
      main.current?.focus({preventScroll: true});
    }
    first.current = false;
  }, [name, id]);
}
