// Everything that matches, as a file. With an API key a plain link would be refused (a link can't carry it), so the answer is fetched and
// written away as it comes where the browser can do that.
import {useState} from 'preact/hooks';

import {apiKey, problemOf, send} from '../api/client';
import {t} from '../i18n';
import {queryString} from '../lib/route';
import {parametersOf, type Wanted} from '../views/search';
import {announce} from './announcer';
import {Icon} from './icon';

const formats = ['csv', 'ndjson'] as const;

interface FilePicker {
  showSaveFilePicker?: (options: {suggestedName: string}) => Promise<{createWritable: () => Promise<WritableStream<Uint8Array>>}>;
}

export function ExportMenu({wanted}: {wanted: Wanted}) {
  const [busy, setBusy] = useState(false);
  const link = (format: string) => `/v1/notifications/export?${queryString({format, ...parametersOf(wanted)})}`;
  const fetched = async (event: Event, format: string) => {
    if (!apiKey()) return;
    event.preventDefault();
    setBusy(true);
    try {
      await save(link(format), `notifications.${format}`);
    } catch (error) {
      if (!(error instanceof DOMException)) announce(t('export.failed', {why: (error as Error).message}), 'bad');
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="exports" role="group" aria-label={t('export')} aria-busy={busy}>
      {formats.map((format) => (
        <a key={format} class="button small" href={link(format)} download={`notifications.${format}`} onClick={(event) => void fetched(event, format)}>
          <Icon name="download" size={15} />{t(`export.${format}`)}
        </a>
      ))}
    </div>
  );
}

async function save(path: string, name: string): Promise<void> {
  // Asked first: the picker wants the click that led here to be fresh.
  const file = await (window as FilePicker).showSaveFilePicker?.({suggestedName: name});
  const response = await send(path);
  if (!response.ok || !response.body) throw await problemOf(response);
  if (file) return response.body.pipeTo(await file.createWritable());
  const url = URL.createObjectURL(await response.blob());
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
