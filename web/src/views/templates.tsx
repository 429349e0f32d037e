// Which event leads to which messages, and what a template makes of data: the sample's, or what the reader writes.
import {useEffect, useState} from 'preact/hooks';

import {call} from '../api/client';
import {sections} from '../api/sections';
import type {Preview, Template, Workflow} from '../api/types';
import {t} from '../i18n';
import {useCell} from '../lib/cell';
import {href} from '../lib/route';
import {route} from '../routing';
import {Card, ChannelName, Empty, Skeleton} from '../ui/basics';
import {Icon} from '../ui/icon';
import {Mail, Sms} from '../ui/message';

/** After the last key. */
const previewDelayMs = 300;

export function Templates() {
  const has = useCell(sections);
  const name = useCell(route).path[1];
  if (!has) return <div class="page"><h1>{t('nav.templates')}</h1><div class="card"><Skeleton lines={6} height={32} /></div></div>;
  const templates = has.templates ?? [];
  const shown = templates.find((template) => template.name === name) ?? (name ? undefined : templates[0]);
  return (
    <div class="page">
      <div class="page-head"><h1>{t('nav.templates')}</h1></div>
      {has.workflows && <Workflows workflows={has.workflows} shown={shown?.name} />}
      {templates.length > 0 && (
        <section aria-label={t('templates.title')}>
          <div class="segments wrap" role="group" aria-label={t('templates.title')}>
            {templates.map((template) => (
              <a key={template.name} href={href(['templates', template.name])} aria-current={template === shown ? 'true' : undefined}>{template.name}</a>
            ))}
          </div>
          {shown ? <Workbench key={shown.name} template={shown} /> : <Empty icon="search" title={t('templates.unknown')} />}
        </section>
      )}
    </div>
  );
}

function Workflows({workflows, shown}: {workflows: readonly Workflow[]; shown: string | undefined}) {
  return (
    <Card title={t('workflows.title')} class="workflows">
      {workflows.length === 0 ? <Empty icon="templates" title={t('workflows.none')} /> : (
        <ul>
          {workflows.map((workflow) => (
            <li key={workflow.event} class="workflow">
              <h3><code>{workflow.event}</code></h3>
              {workflow.description && <p class="faint">{workflow.description}</p>}
              <ol class="steps">
                {workflow.steps.map((step) => (
                  <li key={step.name} class="step">
                    <ChannelName channel={step.channel} />
                    <span class="step-name">{step.name}</span>
                    <a href={href(['templates', step.template])} aria-current={step.template === shown ? 'true' : undefined}>{step.template}</a>
                    {step.category && <span class="tag">{step.category}</span>}
                    {step.delay && <span class="faint">{t('workflows.delay', {time: step.delay})}</span>}
                    {step.expires_after && <span class="faint">{t('workflows.expires', {time: step.expires_after})}</span>}
                  </li>
                ))}
              </ol>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** The data of a preview; null while it is not a JSON object. */
function dataIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function Workbench({template}: {template: Template}) {
  const sample = JSON.stringify(template.sample, null, 2);
  const [text, setText] = useState(sample);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [error, setError] = useState('');
  const data = dataIn(text);
  useEffect(() => {
    if (!data) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call<Preview>(`/v1/templates/${encodeURIComponent(template.name)}/preview`, {method: 'POST', body: {data}, signal: abort.signal}).then(
        (made) => { setPreview(made); setError(''); },
        (problem: unknown) => !abort.signal.aborted && setError((problem as Error).message),
      );
    }, previewDelayMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return (
    <div class="columns workbench">
      <Card title={t('templates.data')} tools={text !== sample && (
        <button type="button" class="button small plain" onClick={() => setText(sample)}><Icon name="retry" size={15} />{t('templates.reset')}</button>
      )}>
        <p class="faint">{t('templates.data.hint')} <code>{template.version}</code></p>
        <textarea class="editor" aria-label={t('templates.data')} spellcheck={false} rows={Math.min(24, Math.max(8, text.split('\n').length + 1))}
          aria-invalid={!data} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <p class="field-error" role="status">{!data ? t('templates.not_json') : error}</p>
      </Card>
      <div class="stack">
        {!preview && !error && <Card title={t('templates.preview')}><Skeleton lines={6} height={28} /></Card>}
        {preview && (preview.html || preview.text) && (
          <Card title={<ChannelName channel="email" />}><Mail subject={preview.subject} html={preview.html} text={preview.text} /></Card>
        )}
        {preview?.sms && <Card title={<ChannelName channel="sms" />}><Sms sms={preview.sms} /></Card>}
      </div>
    </div>
  );
}
