// Looking for notifications: the filters as the address holds them and as the API asks for them, page by page.
import {call, find} from '../api/client';
import type {Notification} from '../api/types';
import {type Query, queryString} from '../lib/route';
import {whatIs} from '../lib/query';

export const filterNames = ['channel', 'state', 'provider', 'template', 'category', 'event_type', 'error', 'from', 'to'] as const;
export type FilterName = (typeof filterNames)[number];

export interface Wanted {
  q: string; // what was typed
  filters: Record<FilterName, string[]>;
  cursor: string;
}

export interface Page {
  notifications: Notification[];
  next: string;
}

const rowsPerPage = 50;
/** A call looks at a bounded number of rows; so many are made before the reader is asked whether to go on. */
const callsMax = 8;

export function wantedIn(query: URLSearchParams): Wanted {
  const filters = Object.fromEntries(filterNames.map((name) => [name, query.getAll(name).filter(Boolean)])) as Wanted['filters'];
  return {q: query.get('q') ?? '', filters, cursor: query.get('cursor') ?? ''};
}

export const toQuery = ({q, filters, cursor}: Wanted): Query => ({q, ...filters, cursor});

export const isFiltered = ({q, filters}: Wanted): boolean => q !== '' || filterNames.some((name) => filters[name].length > 0);

/** The filters as parameters of the API. */
export function parametersOf({q, filters}: Wanted): Query {
  const looked = whatIs(q);
  const by: Query = looked?.kind === 'user_id' ? {user_id: looked.value} : looked?.kind === 'recipient' ? {recipient: looked.value}
    : looked ? {event_id: looked.value} : {};
  return {...by, ...filters};
}

/** The notification of that id, if what was typed is one. */
export async function byId(q: string, signal: AbortSignal): Promise<Notification | null> {
  const looked = whatIs(q);
  return looked?.kind === 'id' ? find<Notification>(`/v1/notifications/${encodeURIComponent(looked.value)}`, {signal}) : null;
}

/** Newest first. `next` with fewer rows than a page: there may be more, further back. */
export async function search(wanted: Wanted, signal: AbortSignal): Promise<Page> {
  const page: Page = {notifications: [], next: wanted.cursor};
  for (let calls = 0; calls < callsMax; ++calls) {
    const query = queryString({...parametersOf(wanted), limit: String(rowsPerPage - page.notifications.length), cursor: page.next});
    const found = await call<{notifications: Notification[]; next?: string}>(`/v1/notifications?${query}`, {signal});
    page.notifications.push(...found.notifications);
    page.next = found.next ?? '';
    if (!page.next || page.notifications.length >= rowsPerPage) break;
  }
  return page;
}
