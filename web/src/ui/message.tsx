// A message as its reader would see it: an e-mail in a frame of its own, an SMS as the parts that are sent.
import {useEffect, useRef, useState} from 'preact/hooks';

import type {SmsParts} from '../api/types';
import {number, t} from '../i18n';

const frameHeightMax = 1600;

/** The frame has an opaque origin: it can't reach the page, its storage or the API. */
export function MailFrame({html}: {html: string}) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(320);
  const latest = useRef(html);
  latest.current = html;
  const give = () => frame.current?.contentWindow?.postMessage({html: latest.current}, '*');
  useEffect(() => {
    const heard = (event: MessageEvent<{ready?: boolean; height?: number}>) => {
      if (event.source !== frame.current?.contentWindow) return;
      if (event.data.ready) give();
      if (typeof event.data.height === 'number') setHeight(Math.min(frameHeightMax, Math.max(80, Math.ceil(event.data.height))));
    };
    addEventListener('message', heard);
    return () => removeEventListener('message', heard);
  }, []);
  useEffect(() => void give(), [html]);
  return <iframe ref={frame} class="mail" src="/mail.html" sandbox="allow-scripts" title={t('message.frame')} style={{height: `${height}px`}} />;
}

type Shape = 'html' | 'text' | 'raw';

export function Mail({subject, to, html, text, raw}: {
  subject?: string | undefined;
  to?: string | undefined;
  html?: string | undefined;
  text?: string | undefined;
  raw?: string | undefined;
}) {
  const shapes = (['html', 'text', 'raw'] as const).filter((shape) => ({html, text, raw})[shape]);
  const [wanted, setWanted] = useState<Shape>('html');
  const shape = shapes.includes(wanted) ? wanted : shapes[0];
  return (
    <div class="message">
      <dl class="message-head">
        {to && <><dt>{t('message.to')}</dt><dd>{to}</dd></>}
        {subject !== undefined && <><dt>{t('message.subject')}</dt><dd class="subject">{subject}</dd></>}
      </dl>
      {shapes.length > 1 && (
        <div class="segments" role="group" aria-label={t('message.shape')}>
          {shapes.map((one) => (
            <button key={one} type="button" aria-pressed={one === shape} onClick={() => setWanted(one)}>{t(`message.${one}`)}</button>
          ))}
        </div>
      )}
      {shape === 'html' && html && <MailFrame html={html} />}
      {shape === 'text' && <pre class="plain" tabIndex={0} aria-label={t('message.text')}>{text}</pre>}
      {shape === 'raw' && <pre class="plain raw" tabIndex={0} aria-label={t('message.raw')}>{raw}</pre>}
    </div>
  );
}

export function Sms({to, sms}: {to?: string | undefined; sms: SmsParts}) {
  const characters = sms.parts.reduce((sum, part) => sum + [...part].length, 0);
  const encoding = {gsm7: 'GSM 03.38', ucs2: 'UCS-2'}[(sms.encoding ?? '').toLowerCase().replace(/[^a-z0-9]/g, '')] ?? sms.encoding;
  return (
    <div class="message">
      <dl class="message-head">
        {to && <><dt>{t('message.to')}</dt><dd>{to}</dd></>}
        <dt>{t('sms.size')}</dt>
        <dd>
          {t('sms.parts', {count: sms.parts.length})}, {t('sms.characters', {count: characters})}
          {encoding && <>, {encoding}</>}
        </dd>
      </dl>
      <ol class="bubbles">
        {sms.parts.map((part, i) => (
          <li key={i}>
            <p class="bubble">{part}</p>
            {sms.parts.length > 1 && <span class="faint">{t('sms.part', {n: i + 1, of: sms.parts.length})} · {number([...part].length)}</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}
