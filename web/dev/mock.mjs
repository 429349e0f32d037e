// node dev/mock.mjs <directory that web/build made> [port]: the page over an API that makes everything up, for work on its looks: every
// state, lag, errors, a part that is unwell, thousands of notifications. No part of the product.
//   MOCK_KEY=… asks for that key; MOCK_WITHOUT=live,system,range leaves parts of the API out, as an older server does.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [directory = '../build/release/web', port = '8090'] = process.argv.slice(2);
const without = new Set((process.env.MOCK_WITHOUT ?? '').split(','));
const started = Date.now();
const states = {sent: 41, delivered: 38, dead: 5, in_doubt: 3, deferred: 4, sending: 1, planned: 2, bounced: 3, expired: 1, suppressed: 1, skipped: 1};
const errors = {dead: '550 5.1.1', bounced: 'stat:UNDELIV err:001', in_doubt: 'connection closed', deferred: '451 4.7.1', expired: 'expired'};
const answers = {dead: '550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table', deferred: '451 4.7.1 Greylisted, please try again in 300 seconds',
  sent: '250 2.0.0 Ok: queued as 4XyZ1234', delivered: 'stat:DELIVRD err:000', bounced: 'stat:UNDELIV err:001', in_doubt: 'connection closed after the last byte of DATA'};

const hex = (n, length) => n.toString(16).padStart(length, '0');
const pick = (table, at) => Object.entries(table).flatMap(([key, weight]) => Array(weight).fill(key))[at % 100] ?? Object.keys(table)[0];
const time = (ms) => new Date(ms).toISOString().replace('Z', `${hex(ms % 999, 3).replace(/\D/g, '7')}Z`);

function notification(i) {
  const state = pick(states, (i * 37) % 100);
  const channel = i % 2 ? 'sms' : 'email';
  const at = started - i * 7300;
  const sandbox = i % 9 === 0 && state === 'sent';
  return {
    notification_id: `${hex(i + 0x551e0ba5, 8)}-d1ab-8ee5-8980-5d5b9fec9cf5`, user_id: `user_0198${hex(i >> 1, 4)}-d1ab-7ee5-8980-5d5b9fec9cf5`,
    event_id: `0198${hex(i >> 1, 4)}-d1ab-7ee5-8980-000000000001`, event_type: i % 5 ? 'user_registered' : 'order_paid', channel,
    template: i % 5 ? 'welcome@5ed9bbe0' : 'order_paid@0badcafe', category: i % 5 ? 'transactional' : 'marketing',
    recipient: channel === 'email' ? 'a•••@example.com' : '+7•••••4567', ...(errors[state] && {error: errors[state]}), state, sandbox, attempt: state === 'planned' ? 0 : 1 + (i % 3),
    provider: sandbox ? 'sandbox' : channel === 'email' ? 'smtp' : 'smpp', accepted_at: time(at), updated_at: time(at + 1840),
  };
}

function timeline(n) {
  const at = Date.parse(n.accepted_at);
  const steps = [{at: time(at), what: 'accepted'}, {at: time(at + 4), what: 'planned'}];
  for (let attempt = 1; attempt <= n.attempt; ++attempt) {
    const last = attempt === n.attempt;
    steps.push({at: time(at + 12 + attempt * 400), what: 'sending', attempt, provider: n.provider});
    if (!last) steps.push({at: time(at + 40 + attempt * 400), what: 'deferred', attempt, provider: n.provider, answer: answers.deferred, due_at: time(at + 400 + attempt * 400)});
    else if (n.state === 'delivered' || n.state === 'bounced') steps.push({at: time(at + 60 + attempt * 400), what: 'sent', attempt, provider: n.provider, answer: answers.sent});
    if (last && n.state !== 'sending') steps.push({at: time(at + 90 + attempt * 400), what: n.state, attempt, provider: n.provider, ...(answers[n.state] && {answer: answers[n.state]})});
  }
  return steps;
}

const html = `<!doctype html><html><head><style>h1{color:#3454d1}</style></head><body style="background:#eef1f6;font-family:sans-serif;padding:24px">
<div style="max-width:480px;margin:auto;background:#fff;border-radius:14px;padding:32px"><h1>Welcome, Anna!</h1><p>Your account is ready. <a href="https://example.com/">Go on</a></p></div>
<script>parent.document.title='broken'</script></body></html>`;
const message = (n) => ({notification_id: n.notification_id, channel: n.channel, to: n.channel === 'email' ? 'anna@example.com' : '+12025550123', kept_at: n.updated_at,
  text: n.channel === 'email' ? 'Welcome, Anna!\n\nYour account is ready.\n' : 'Добро пожаловать, Анна! Ваш аккаунт готов. Это были не вы? Просто не отвечайте.',
  ...(n.channel === 'email' ? {subject: 'Welcome, Anna!', html, raw: 'From: Vestnik <no-reply@localhost>\r\nTo: anna@example.com\r\nSubject: Welcome, Anna!\r\n\r\n…'}
    : {sms: {encoding: 'ucs2', parts: ['Добро пожаловать, Анна! Ваш аккаунт готов. Это были не вы? Прос', 'то не отвечайте.']}})});

function stats() {
  const seconds = (Date.now() - started) / 1000;
  const grown = Math.floor(seconds * 120 + 40 * Math.sin(seconds / 5));
  const channel = (share) => ({
    states: Object.fromEntries(Object.entries(states).map(([state, weight]) => [state, Math.floor(weight * 13_370 * share + (state === 'delivered' ? grown * share : 0))])),
    sandboxed: 0, planned_last_minute: 7200, sent_last_minute: 7164,
    latency_ms: {accepted_to_sent: {count: 7164, p50: 8.4, p90: 21, p99: 143}, sent_to_delivered: {count: 5000, p50: 1840, p90: 4200, p99: 19_000}},
  });
  return {events_accepted: 668_500 + grown, channels: {email: channel(1), sms: channel(0.8)}};
}

function range(query) {
  const step = query.get('step') ?? 'minute';
  const apart = {minute: 60_000, hour: 3_600_000, day: 86_400_000}[step];
  const from = Math.floor(Date.parse(query.get('from')) / apart) * apart;
  const times = [];
  for (let at = from; at < Date.parse(query.get('to')); at += apart) times.push(time(at).replace(/\.\d+Z/, '.000000Z'));
  const wave = (i, size) => Math.round(size * (apart / 60_000) * (1 + 0.5 * Math.sin(i / 7) + 0.15 * Math.sin(i * 1.7)));
  const names = {channel: ['email', 'sms'], provider: ['smtp', 'backup', 'smpp'], template: ['welcome', 'order_paid'], category: ['transactional', 'marketing'],
    event_type: ['user_registered', 'order_paid'], error: ['550 5.1.1', '451 4.7.1']}[query.get('group_by')] ?? [''];
  const groups = names.map((name, g) => {
    const series = Object.fromEntries(Object.entries({planned: 100, sent: 96, delivered: 60, deferred: 9, dead: 3, bounced: 1, in_doubt: 1, skipped: 2}).map(([what, size]) =>
      [what, times.map((_, i) => wave(i + g * 9, size / (g + 1)))]));
    return {name, totals: Object.fromEntries(Object.entries(series).map(([what, all]) => [what, all.reduce((a, b) => a + b, 0)])), series,
      latency_ms: {accepted_to_planned: {count: 9, p50: 2.1, p90: 4.4, p99: 12}, planned_to_sent: {count: 9, p50: 6.3, p90: 17, p99: 131 * (g + 1)},
        accepted_to_sent: {count: 9, p50: 8.4, p90: 21, p99: 143 * (g + 1)}, sent_to_delivered: {count: 9, p50: 1840, p90: 4200, p99: 19_000}}};
  });
  return {from: times[0], to: times.at(-1), step, group_by: query.get('group_by') ?? 'none', times, accepted: times.map((_, i) => wave(i, 90)), groups,
    errors: [{channel: 'email', what: 'dead', error: '550 5.1.1', count: 4102}, {channel: 'email', what: 'deferred', error: '451 4.7.1', count: 1290},
      {channel: 'sms', what: 'bounced', error: 'stat:UNDELIV err:001', count: 311}]};
}

const parts = () => [{part: 'log', well: true}, {part: 'store', well: true}, {part: 'email', well: false, detail: 'smtp: connection refused by 127.0.0.1:25, trying again'}, {part: 'sms', well: true}];
const lag = () => ['notification-service user-events', 'email-service notification-events', 'sms-service notification-events', 'analytics-service analytics-events'].map((name, i) => {
  const [group, topic] = name.split(' ');
  return {group, topic, records: i === 1 ? 1_204_233 : i === 3 ? Math.floor(60 + 50 * Math.sin(Date.now() / 3000)) : 0};
});
const system = () => ({version: '0.1.0', role: 'all', log: 'embedded', store: 'embedded', environment: 'development', started_at: time(started), parts: parts(), lag: lag(), rebuild: rebuild()});
let rebuilding = 0;
const rebuild = () => (rebuilding && Date.now() - rebuilding < 8000 ? {state: 'running', records_done: (Date.now() - rebuilding) * 200, records_total: 1_600_000, started_at: time(rebuilding)}
  : {state: 'idle', records_done: rebuilding ? 1_600_000 : 0, records_total: rebuilding ? 1_600_000 : 0, ...(rebuilding && {finished_at: time(rebuilding + 8000)})});

const delivery = (n) => ({...n, workflow: n.event_type, step: `${n.event_type}_${n.channel}`, category: n.category, state: n.state === 'planned' ? 'pending' : n.state, answer: answers[n.state],
  ...(n.state === 'dead' && {to: 'anna@example.com', subject: 'Welcome, Anna!', text: 'Welcome!', html})});
const strip = ({sandbox, recipient, error, ...rest}) => rest;
const all = Array.from({length: 3000}, (_, i) => notification(i));

function page(rows, query, name) {
  const first = Number.parseInt(query.get('cursor') ?? '0', 16) || 0;
  const limit = Number(query.get('limit') ?? 50);
  return {[name]: rows.slice(first, first + limit), ...(first + limit < rows.length && {next: hex(first + limit, 1)})};
}
const matching = (query) => all.filter((n) => ['channel', 'provider', 'category', 'event_type', 'error', 'user_id', 'event_id'].every((name) => !query.has(name) || n[name] === query.get(name))
  && (!query.has('state') || query.getAll('state').join(',').split(',').includes(n.state)));

function answer(method, parsed, body) {
  const [, , what, id, more] = parsed.pathname.split('/');
  const query = parsed.searchParams;
  if (parsed.pathname === '/readyz') return {ready: false, parts: parts()};
  if (what === 'stats') return {...stats(), ...(query.has('from') && !without.has('range') && {range: range(query)})};
  if (what === 'notifications' && !id) return page(matching(query), query, 'notifications');
  if (what === 'notifications') return all.filter((n) => n.notification_id === id).map((n) => ({...n, timeline: timeline(n)}))[0];
  if (what === 'deliveries' && method === 'POST' && !more) return {done: matching(new URLSearchParams({state: JSON.parse(body).state})).length, refused: []};
  if (what === 'deliveries' && method === 'POST') {
    const found = all.find((n) => n.notification_id === id);
    Object.assign(found, {state: 'sent', error: undefined});
    return {notification_id: id, state: 'pending'};
  }
  if (what === 'deliveries' && !id) return page(matching(new URLSearchParams({state: query.get('state') ?? 'dead,in_doubt'})).map(delivery).map(strip), query, 'deliveries');
  if (what === 'deliveries') return all.filter((n) => n.notification_id === id).map(delivery).map(strip)[0];
  if (what === 'sandbox' && !id) return {messages: all.filter((n, i) => i % 9 === 0).slice(0, 40).map(message)};
  if (what === 'sandbox') return all.filter((n) => n.notification_id === id).map(message)[0];
  if (what === 'system' && !without.has('system')) return system();
  if (what === 'analytics') return method === 'POST' ? (rebuilding = Date.now(), rebuild()) : rebuild();
  if (what === 'workflows') return {workflows: [{event: 'user_registered', description: 'A new user is welcomed.', steps: [{name: 'welcome_email', channel: 'email', template: 'welcome', category: 'transactional'}, {name: 'welcome_sms', channel: 'sms', template: 'welcome', delay: '10m'}]}]};
  if (what === 'templates' && !id) return {templates: [{name: 'welcome', version: 'welcome@5ed9bbe0', channels: ['email', 'sms'], sample: {name: 'Anna', email: 'anna@example.com', phone: '+12025550123'}}]};
  if (what === 'templates') return {subject: `Welcome, ${JSON.parse(body).data.name}!`, text: 'Welcome!', html: html.replace('Anna', JSON.parse(body).data.name), sms: {text: 'Welcome!', encoding: 'gsm7', parts: ['Welcome!']}};
  return undefined;
}

function serve(request, response) {
  const parsed = new URL(request.url, 'http://localhost');
  const json = (status, value) => response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(value));
  if (!parsed.pathname.startsWith('/v1/') && parsed.pathname !== '/readyz') {
    const file = path.join(directory, parsed.pathname === '/' ? 'index.html' : path.normalize(parsed.pathname));
    const type = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml'}[path.extname(file)] ?? '';
    return fs.existsSync(file) ? response.writeHead(200, {'Content-Type': type, 'Access-Control-Allow-Origin': '*'}).end(fs.readFileSync(file)) : json(404, {title: 'Not found'});
  }
  if (process.env.MOCK_KEY && request.headers.authorization !== `Bearer ${process.env.MOCK_KEY}`) return json(401, {title: 'API key needed'});
  if (parsed.pathname === '/v1/live' && !without.has('live')) {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    const tell = () => response.write(`event: stats\ndata: ${JSON.stringify({at: time(Date.now()), stats: stats(), lag: lag(), ready: false, parts: parts()})}\n\n`);
    tell();
    const timer = setInterval(tell, 1000);
    return request.on('close', () => clearInterval(timer));
  }
  if (parsed.pathname === '/v1/tail' && !without.has('live')) {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    let i = 0;
    const timer = setInterval(() => {
      const n = all[++i % 60];
      response.write(`event: step\nid: ${i}\ndata: ${JSON.stringify({at: time(Date.now()), what: n.state, notification_id: n.notification_id, channel: n.channel, answer: answers[n.state] ?? ''})}\n\n`);
    }, 150);
    return request.on('close', () => clearInterval(timer));
  }
  let body = '';
  request.on('data', (chunk) => (body += chunk)).on('end', () => {
    const value = answer(request.method, parsed, body);
    value === undefined ? json(404, {title: 'Not found'}) : json(200, value);
  });
}

http.createServer(serve).listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
