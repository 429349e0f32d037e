// The bar at the top: how the system is, and the reader's choices.
import {useEffect, useState} from 'preact/hooks';

import {forgetKey} from '../api/client';
import {connection, live, tryNow} from '../api/live';
import {languages, setLanguage, t, useLanguage, type Language} from '../i18n';
import {useCell} from '../lib/cell';
import {setTheme, theme, type Theme} from '../theme';
import {Icon, type IconName} from './icon';
import {openHelp} from './shortcuts';

const themes: readonly Theme[] = ['auto', 'light', 'dark'];
const themeIcons: Record<Theme, IconName> = {auto: 'auto', light: 'sun', dark: 'moon'};

export function Brand() {
  return (
    <span class="brand">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" class="brand-back" />
        <path d="M7 10.5 16 24l9-13.5" class="brand-mark" />
        <circle cx="16" cy="10" r="2.4" class="brand-dot" />
      </svg>
      Vestnik
    </span>
  );
}

export function Header({canLogOut}: {canLogOut: boolean}) {
  return (
    <header class="top">
      <a class="home" href="#/overview"><Brand /></a>
      <Condition />
      <div class="tools">
        <button type="button" class="icon-button keyboard-only" title={t('help')} aria-label={t('help')} onClick={openHelp}><Icon name="keyboard" /></button>
        <Choices />
        {canLogOut && <button type="button" class="icon-button" title={t('logout')} aria-label={t('logout')} onClick={forgetKey}><Icon name="logout" /></button>}
      </div>
    </header>
  );
}

/** Language and theme, each a button that goes on to the next. */
export function Choices() {
  const now = useLanguage();
  const shown = useCell(theme);
  const other: Language = now === 'en' ? 'ru' : 'en';
  const next = themes[(themes.indexOf(shown) + 1) % themes.length]!;
  return (
    <>
      <button type="button" class="icon-button" title={t('theme', {now: t(`theme.${shown}`), next: t(`theme.${next}`)})}
        aria-label={t('theme', {now: t(`theme.${shown}`), next: t(`theme.${next}`)})} onClick={() => setTheme(next)}>
        <Icon name={themeIcons[shown]} />
      </button>
      <button type="button" class="language" lang={other} title={languages[other]} onClick={() => setLanguage(other)}>
        <span aria-hidden="true">{other.toUpperCase()}</span>
        <span class="unseen">{languages[other]}</span>
      </button>
    </>
  );
}

/** One pill: well, unwell and what, or away. Its changes are announced, its numbers are not. */
function Condition() {
  const state = useCell(connection);
  const snapshot = useCell(live);
  const unwell = snapshot?.parts.filter((part) => !part.well) ?? [];
  const [tone, text] =
    state.kind === 'starting' ? ['idle', t('condition.starting')]
    : state.kind === 'away' ? ['bad', t('condition.away')]
    : unwell.length > 0 ? ['wait', t('condition.unwell', {count: unwell.length})]
    : ['good', t('condition.well')];
  return (
    <p class={`condition tone-${tone}`} role="status" title={unwell.map((part) => `${part.part}: ${part.detail ?? ''}`).join('\n')}>
      <span class="dot" aria-hidden="true" />
      {text}
    </p>
  );
}

export function AwayBanner() {
  const state = useCell(connection);
  const [now, setNow] = useState(Date.now());
  const away = state.kind === 'away';
  useEffect(() => {
    if (!away) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [away, state]);
  if (state.kind !== 'away') return null;
  const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
  return (
    <div class="banner" role="alert">
      <Icon name="cross" />
      <p><strong>{t('away.title')}</strong> {t('away.text')}</p>
      <span class="faint" aria-hidden="true">{t('away.again', {count: seconds})}</span>
      <button type="button" class="button small" onClick={tryNow}>{t('away.now')}</button>
    </div>
  );
}

