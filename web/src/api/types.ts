// What the API answers (src/app/openapi.json). A member that an older server leaves out is optional here.

export type Channel = 'email' | 'sms';
export const channels: readonly Channel[] = ['email', 'sms'];

/** Of a notification, as its timeline says. */
export const states = ['planned', 'sending', 'deferred', 'in_doubt', 'sent', 'delivered', 'bounced', 'dead', 'expired', 'suppressed',
  'skipped', 'retried', 'discarded'] as const;
export type State = (typeof states)[number];
/** Of a delivery, as the ledger says; `pending` is the only one that a notification doesn't have. */
export type DeliveryState = State | 'pending';

export interface TimelineEntry {
  at: string;
  what: string;
  attempt?: number;
  provider?: string;
  answer?: string;
  due_at?: string;
}

export interface Notification {
  notification_id: string;
  user_id: string;
  event_id: string;
  event_type?: string;
  channel: Channel;
  template?: string;
  category?: string;
  recipient?: string;
  error?: string;
  state: State;
  sandbox: boolean;
  attempt: number;
  provider?: string;
  accepted_at?: string;
  updated_at: string;
  timeline?: TimelineEntry[];
}

export interface Latency {
  count: number;
  p50: number;
  p90: number;
  p99: number;
}

export interface ChannelStats {
  states: Partial<Record<State, number>>;
  sandboxed: number;
  planned_last_minute: number;
  sent_last_minute: number;
  latency_ms: {accepted_to_sent: Latency; sent_to_delivered: Latency};
}

export interface Stats {
  events_accepted: number;
  channels: Record<Channel, ChannelStats>;
  range?: Range;
}

export const groupings = ['channel', 'provider', 'template', 'category', 'event_type', 'error'] as const;
export type Grouping = (typeof groupings)[number];
export type Step = 'minute' | 'hour' | 'day';

export interface Range {
  from: string;
  to: string;
  step: Step;
  group_by?: string;
  times: string[];
  accepted: number[];
  groups: RangeGroup[];
  errors: {channel: Channel; what: string; error: string; count: number}[];
}

export interface RangeGroup {
  name: string;
  totals: Record<string, number>;
  series: Record<string, number[]>;
  latency_ms: Record<string, Latency>;
}

export interface Part {
  part: string;
  well: boolean;
  detail?: string;
}
export interface Lag {
  group: string;
  topic: string;
  records: number;
}

/** One `stats` event of /v1/live. */
export interface LiveStats {
  at: string;
  stats: Stats;
  lag?: Lag[];
  ready: boolean;
  parts: Part[];
}

/** One `step` event of /v1/tail; an accepted user event has no notification. */
export interface TailStep {
  at: string;
  what: string;
  notification_id?: string;
  user_id?: string;
  event_type?: string;
  channel?: Channel;
  attempt?: number;
  provider?: string;
  answer?: string;
}

export interface System {
  version: string;
  role: string;
  log: string;
  store: string;
  environment: string;
  started_at: string;
  parts: Part[];
  lag?: Lag[];
  rebuild?: Rebuild;
}

export interface Rebuild {
  state: 'idle' | 'running' | 'failed';
  records_done: number;
  records_total: number;
  started_at?: string;
  finished_at?: string;
  error?: string;
}

export interface Delivery {
  notification_id: string;
  user_id: string;
  event_id: string;
  event_type: string;
  channel: Channel;
  workflow: string;
  step: string;
  template: string;
  category: string;
  state: DeliveryState;
  attempt: number;
  accepted_at: string;
  updated_at: string;
  due_at?: string;
  expires_at?: string;
  provider?: string;
  answer?: string;
  to?: string;
  subject?: string;
  text?: string;
  html?: string;
}

export interface Decided {
  notification_id: string;
  state: DeliveryState;
}
export interface DecidedMany {
  done: number;
  refused: Decided[];
  next?: string;
}

export interface SmsParts {
  encoding?: string;
  parts: string[];
}

export interface SandboxMessage {
  notification_id: string;
  channel: Channel;
  to: string;
  subject?: string;
  text?: string;
  html?: string;
  raw?: string;
  kept_at: string;
  sms?: SmsParts;
}

export interface Workflow {
  event: string;
  description?: string;
  steps: {name: string; channel: Channel; template: string; category?: string; delay?: string; expires_after?: string}[];
}
export interface Template {
  name: string;
  version: string;
  channels: Channel[];
  sample: Record<string, unknown>;
}
export interface Preview {
  subject?: string;
  text?: string;
  html?: string;
  sms?: SmsParts & {text?: string};
}
