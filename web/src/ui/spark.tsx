// Small drawings without axes. Each stands beside the number it belongs to, so it is hidden from screen readers.

const width = 120;
const height = 32;

export function Spark({values, tone}: {values: readonly (number | null)[]; tone: string}) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(1e-9, ...known);
  const x = (i: number) => (values.length > 1 ? (i * width) / (values.length - 1) : width);
  const y = (value: number) => height - 2 - (value / top) * (height - 5);
  let line = '';
  let pen = 'M';
  values.forEach((value, i) => {
    if (value === null) pen = 'M';
    else {
      line += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
    }
  });
  const whole = known.length === values.length && known.length > 1;
  return (
    <svg class={`spark tone-${tone}`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {whole && <path class="spark-area" d={`${line}L${width} ${height}L0 ${height}Z`} />}
      {known.length > 1 && <path class="spark-line" d={line} />}
    </svg>
  );
}

/** Shares of a whole, side by side. */
export function Shares({parts}: {parts: readonly {name: string; count: number; tone: string}[]}) {
  const shown = parts.filter((part) => part.count > 0);
  return (
    <div class="shares" aria-hidden="true">
      {shown.map((part) => <span key={part.name} class={`tone-${part.tone}`} style={{flexGrow: part.count}} />)}
    </div>
  );
}
