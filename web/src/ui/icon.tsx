// Line icons of 24×24, drawn here: each is one path.
const paths = {
  overview: 'M3 12h4l3-8 4 16 3-8h4',
  notifications: 'M4 6h16M4 12h16M4 18h10',
  deliveries: 'M12 3 2.5 20h19L12 3zM12 10v4M12 17v.01',
  sandbox: 'M4 13h4l1.5 3h5L16 13h4M4 13l2.5-8h11L20 13v6H4z',
  templates: 'M5 3h10l4 4v14H5zM15 3v4h4M8.5 12h7M8.5 16h7',
  system: 'M4 5h16v6H4zM4 13h16v6H4zM7.5 8v.01M7.5 16v.01',
  email: 'M3 6h18v12H3zM3 7l9 6.5L21 7',
  sms: 'M4 4h16v12H10l-5 4v-4H4zM8 8.5h8M8 11.5h5',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 21 21',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  auto: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7l6-1M12 12h9M12 17l6 1',
  keyboard: 'M2.5 6h19v12h-19zM6 10v.01M9 10v.01M12 10v.01M15 10v.01M18 10v.01M8 14.5h8',
  check: 'M4.5 12.5 10 18 20 7',
  cross: 'M6 6l12 12M18 6 6 18',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2',
  retry: 'M20 12a8 8 0 1 1-2.6-5.9M20 3v5h-5',
  question: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.01',
  minus: 'M6 12h12',
  plane: 'M21 3 3 10.5l7 3 3 7.5zM10 13.5 21 3',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  filter: 'M3 5h18l-7 8.5V20l-4-2v-4.5z',
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  logout: 'M9 4H4v16h5M14 8l5 4-5 4M19 12H9',
  user: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c.5-4 3.5-6 8-6s7.5 2 8 6',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
} as const;

export type IconName = keyof typeof paths;

/** Decoration: what it says stands beside it as text or in its control's label. */
export function Icon({name, size = 18}: {name: IconName; size?: number}) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
