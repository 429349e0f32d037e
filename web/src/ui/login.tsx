// Asks for the API key where the server wants one. It is kept for this tab only.
import {useEffect, useRef, useState} from 'preact/hooks';

import {useKey} from '../api/client';
import {t} from '../i18n';
import {Brand, Choices} from './header';

export function Login({refused}: {refused: boolean}) {
  const [key, setKey] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = `${t('login.title')} – Vestnik`;
    field.current?.focus();
  }, [refused]);
  const enter = (event: Event) => {
    event.preventDefault();
    if (key.trim()) useKey(key.trim());
  };
  return (
    <div class="login">
      <header class="login-tools"><div class="tools"><Choices /></div></header>
      <main id="main">
        <form class="card login-card" onSubmit={enter}>
          <Brand />
          <h1>{t('login.title')}</h1>
          <p class="faint">{t('login.text')}</p>
          <label class="field">
            <span>{t('login.key')}</span>
            <input ref={field} type="password" autocomplete="current-password" required value={key} spellcheck={false}
              aria-invalid={refused} aria-describedby={refused ? 'login-refused' : undefined} onInput={(event) => setKey(event.currentTarget.value)} />
          </label>
          {refused && <p id="login-refused" class="field-error" role="alert">{t('login.refused')}</p>}
          <button class="button primary">{t('login.enter')}</button>
        </form>
      </main>
    </div>
  );
}
