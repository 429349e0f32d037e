// One of a few, with its label before it.
import {useId} from 'preact/hooks';

export function Choice({label, value, options, any, change}: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  any?: string;
  change: (value: string) => void;
}) {
  const id = useId();
  return (
    <span class="inline-field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {any && <option value="">{any}</option>}
        {options.map(([option, text]) => <option key={option} value={option}>{text}</option>)}
      </select>
    </span>
  );
}
