'use strict';

const refreshMs = 2000;
const element = (id) => document.getElementById(id);
let shown = null;  // the notification whose detail is open

async function get(path) {
  const key = sessionStorage.getItem('key');
  const response = await fetch(path, {headers: key ? {Authorization: `Bearer ${key}`} : {}});
  if (response.status === 401) {
    element('login').hidden = false;
    throw new Error('an API key is needed');
  }
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

const clock = {hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false};
const time = (text) => new Date(text).toLocaleTimeString(undefined, clock);

function showCounts(stats) {
  const states = [...new Set(Object.values(stats.channels).flatMap((channel) => Object.keys(channel.states)))].sort();
  const columns = ['channel', ...states, 'in the sandbox', 'planned / min', 'sent / min', 'accepted → sent, p50 / p99'];
  const head = make('tr');
  for (const column of columns) head.append(make('th', column));
  element('counts').tHead.replaceChildren(head);
  element('counts').tBodies[0].replaceChildren(...Object.entries(stats.channels).map(([name, channel]) => {
    const row = make('tr');
    const latency = channel.latency_ms.accepted_to_sent;
    row.append(make('td', name));
    for (const state of states) row.append(make('td', channel.states[state] ?? 0, state));
    row.append(make('td', channel.sandboxed), make('td', channel.planned_last_minute), make('td', channel.sent_last_minute),
               make('td', latency.count ? `${latency.p50.toFixed(1)} / ${latency.p99.toFixed(1)} ms` : '–'));
    return row;
  }));
}

function stateCell(notification) {
  const cell = make('td', undefined, notification.state);
  cell.append(notification.state);
  if (notification.sandbox) cell.append(' ', make('span', 'sandbox', 'sandbox'));
  return cell;
}

function showNewest(notifications) {
  element('newest-empty').hidden = notifications.length > 0;
  element('newest').replaceChildren(...notifications.map((notification) => {
    const row = make('tr');
    const open = make('button', notification.notification_id, 'link');
    open.type = 'button';
    open.addEventListener('click', () => { shown = notification.notification_id; refresh(); });
    const cell = make('td');
    cell.append(open);
    row.append(make('td', time(notification.accepted_at)), make('td', notification.event_type), make('td', notification.channel),
               stateCell(notification), make('td', notification.user_id), cell);
    return row;
  }));
}

async function showDetail() {
  if (!shown || element('detail-id').textContent === shown && element('detail').dataset.final) return;
  const notification = await get(`/v1/notifications/${encodeURIComponent(shown)}`);
  if (!notification) return;
  element('detail').hidden = false;
  element('detail-id').textContent = shown;
  element('timeline').replaceChildren(...(notification.timeline ?? []).map((entry) => {
    const item = make('li');
    item.append(make('time', time(entry.at)), ' ', make('strong', entry.what, entry.what));
    if (entry.attempt) item.append(` attempt ${entry.attempt}`);
    if (entry.provider) item.append(` by ${entry.provider}`);
    if (entry.answer) item.append(`: ${entry.answer}`);
    return item;
  }));
  const message = notification.sandbox ? await get(`/v1/sandbox/${encodeURIComponent(shown)}`) : null;
  element('message').hidden = !message;
  if (!message) return;
  element('detail').dataset.final = '1';
  const head = [['To', message.to], ['Subject', message.subject]].filter(([, value]) => value);
  element('message-head').replaceChildren(...head.flatMap(([name, value]) => [make('dt', name), make('dd', value)]));
  element('message-html').hidden = !message.html;
  element('message-html').srcdoc = message.html ?? '';
  element('message-text').textContent = message.text;
  element('message-raw').textContent = message.raw;
}

async function refresh() {
  try {
    if (element('detail-id').textContent !== shown) delete element('detail').dataset.final;
    const [stats, newest] = await Promise.all([get('/v1/stats'), get('/v1/notifications?limit=50')]);
    element('login').hidden = true;
    showCounts(stats);
    showNewest(newest.notifications);
    await showDetail();
    element('health').textContent = `${stats.events_accepted} events accepted`;
  } catch (error) {
    element('health').textContent = error.message;
  }
}

element('login').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('key', element('key').value);
  refresh();
});
setInterval(refresh, refreshMs);
refresh();
