// An SMS as its parts, from what the sandbox says: `sms` since there is one, else the JSON array in `raw`.
import type {SandboxMessage, SmsParts} from '../api/types';

export function smsParts(message: Pick<SandboxMessage, 'sms' | 'raw' | 'text'>): SmsParts {
  return message.sms ?? partsIn(message.raw) ?? {parts: [message.text ?? '']};
}

function partsIn(raw: string | undefined): SmsParts | null {
  if (!raw) return null;
  try {
    const value: unknown = JSON.parse(raw);
    if (!Array.isArray(value) || value.length === 0) return null;
    const parts = value as {text?: unknown; encoding?: unknown}[];
    if (!parts.every((part) => typeof part?.text === 'string')) return null;
    const encoding = parts[0]?.encoding;
    return {...(typeof encoding === 'string' && {encoding}), parts: parts.map((part) => part.text as string)};
  } catch {
    return null;
  }
}
