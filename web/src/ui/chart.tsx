// A chart over time (uPlot) with what it shows as a table below, for those who don't see it or want the numbers.
import type {ComponentChildren} from 'preact';
import {useEffect, useRef} from 'preact/hooks';
import uPlot from 'uplot';

import {clock, compact, dayAndMonth, rate, shortClock, t, useLanguage} from '../i18n';
import {useCell} from '../lib/cell';
import {shownTheme} from '../theme';

export interface Series {
  name: string;
  label: string;
  colour: string; // a CSS variable: "--series-1"
  values: readonly (number | null)[];
}

export interface ChartProps {
  label: string; // what the chart says, in a sentence
  times: readonly number[]; // s
  series: readonly Series[];
  height?: number; // px, at least
  /** As high as there is room. */
  fill?: boolean;
  /** So many seconds back from the last are shown, even if less is known. */
  spanS?: number;
  /** Told what a reader marked with the mouse, in ms. */
  zoom?: (from: number, to: number) => void;
  /** Below the chart; `false` where the same numbers stand beside it. */
  table?: boolean;
  children?: ComponentChildren;
}

const tableRowsMax = 120;

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Hours within a day, the day where it changes. */
function ticks(_: uPlot, splits: number[], __: number, ___: number, apartS: number): string[] {
  let before = '';
  return splits.map((at) => {
    const day = dayAndMonth(at * 1000);
    if (apartS >= 86_400) return day;
    const time = apartS < 60 ? clock(at * 1000) : shortClock(at * 1000);
    const text = before && before !== day ? `${time}\n${day}` : time;
    before = day;
    return text;
  });
}

const roomIn = (place: HTMLElement, height: number, fill: boolean) =>
  ({width: Math.max(200, place.clientWidth), height: fill ? Math.max(height, place.clientHeight) : height});

const backFrom = (last: number, spanS: number): [number, number] => [last - spanS, last];

function tooltip(series: readonly Series[]): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-tip';
  box.hidden = true;
  const show = (plot: uPlot) => {
    const {left, idx} = plot.cursor;
    box.hidden = idx == null || left === undefined || left < 0;
    if (box.hidden || idx == null || left === undefined) return;
    const at = (plot.data[0][idx] ?? 0) * 1000;
    const head = document.createElement('strong');
    head.textContent = `${dayAndMonth(at)}, ${clock(at)}`;
    const lines = series.map((one, i) => {
      const line = document.createElement('span');
      const mark = document.createElement('i');
      mark.style.background = css(one.colour);
      const value = plot.data[i + 1]?.[idx];
      line.append(mark, `${one.label}: ${value == null ? '–' : rate(value)}`);
      return line;
    });
    box.replaceChildren(head, ...lines);
    const room = plot.over.clientWidth;
    box.style.transform = `translateX(${left > room / 2 ? left - box.offsetWidth - 12 : left + 12}px)`;
  };
  return {hooks: {init: (plot) => void plot.over.append(box), setCursor: show}};
}

function draw(place: HTMLElement, {times, series, height = 240, fill = false, spanS, zoom}: ChartProps): uPlot {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {stroke: css('--faint'), font, grid: {stroke: css('--line-soft'), width: 1}, ticks: {show: false}};
  const plot = new uPlot(
    {
      ...roomIn(place, height, fill),
      legend: {show: false},
      padding: [10, 16, 0, 0],
      cursor: {y: false, drag: {x: !!zoom, y: false, setScale: false}, points: {size: 6}},
      scales: {x: spanS ? {range: (_, __, last: number | null) => backFrom(last ?? Date.now() / 1000, spanS)} : {}, y: {range: (_, __, top) => [0, Math.max(1, top * 1.08)]}},
      axes: [
        {...axis, grid: {show: false}, values: ticks, space: 64, size: 40},
        {...axis, values: (_, values) => values.map(compact), size: 52, gap: 6},
      ],
      series: [
        {},
        ...series.map((one) => ({
          label: one.label, stroke: css(one.colour), width: 2, fill: `${css(one.colour)}14`, points: {show: (chart: uPlot) => chart.data[0].length < 2}, spanGaps: false,
        })),
      ],
      hooks: {
        setSelect: [(chart) => {
          const {left, width} = chart.select;
          if (width > 4) zoom?.(chart.posToVal(left, 'x') * 1000, chart.posToVal(left + width, 'x') * 1000);
          chart.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
        }],
      },
      plugins: [tooltip(series)],
    },
    dataOf({times, series}),
    place,
  );
  return plot;
}

const dataOf = ({times, series}: Pick<ChartProps, 'times' | 'series'>): uPlot.AlignedData =>
  [times, ...series.map((one) => one.values)] as unknown as uPlot.AlignedData;

export function Chart(props: ChartProps) {
  const {label, times, series, height = 240, fill = false, table = true} = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const language = useLanguage();
  const theme = useCell(shownTheme);
  const shape = series.map((one) => `${one.name} ${one.label} ${one.colour}`).join();

  // A new plot when what it looks like changes; else only its data.
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const chart = draw(parent, {...latest.current, zoom: latest.current.zoom && ((from, to) => latest.current.zoom?.(from, to))});
    plot.current = chart;
    const resized = new ResizeObserver(() => chart.setSize(roomIn(parent, height, fill)));
    resized.observe(parent);
    return () => {
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape, language, theme, height, !props.zoom]);
  useEffect(() => plot.current?.setData(dataOf({times, series})), [times, series]);

  return (
    <figure class={fill ? 'chart fill' : 'chart'}>
      <ul class="legend" aria-hidden="true">
        {series.map((one) => <li key={one.name}><i style={{background: `var(${one.colour})`}} />{one.label}</li>)}
      </ul>
      <div ref={place} class="plot" role="img" aria-label={label} style={{minHeight: `${height}px`}} />
      {table && <DataTable {...props} />}
    </figure>
  );
}

function DataTable({label, times, series}: ChartProps) {
  const first = Math.max(0, times.length - tableRowsMax);
  return (
    <details class="chart-table">
      <summary>{t('chart.table')}</summary>
      <div class="table-scroll" role="region" aria-label={label} tabIndex={0}>
        <table class="table compact">
          <caption class="unseen">{label}</caption>
          <thead><tr><th scope="col">{t('time')}</th>{series.map((one) => <th key={one.name} scope="col" class="num">{one.label}</th>)}</tr></thead>
          <tbody>
            {times.slice(first).map((at, i) => (
              <tr key={at}>
                <th scope="row">{dayAndMonth(at * 1000)}, {clock(at * 1000)}</th>
                {series.map((one) => <td key={one.name} class="num">{one.values[first + i] == null ? '–' : rate(one.values[first + i]!)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
