/** How long to wait before try `attempt` (from 0), in ms: 1, 2, 4, 8, then 15 s, up to a fifth less so that not all come at once. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(15_000, 1000 * 2 ** attempt);
  return Math.round(full * (1 - random() / 5));
}
