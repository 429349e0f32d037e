// One of a few, with its label before it.

export function Choice({label, value, options, any, change}: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  any?: string;
  change: (value: string) => void;
}) {
  return (
    <label class="inline-field">
      <span>{label}</span>
      <select value={value} onChange={(event) => change(event.currentTarget.value)}>
        {any && <option value="">{any}</option>}
        {options.map(([option, text]) => <option key={option} value={option}>{text}</option>)}
      </select>
    </label>
  );
}
