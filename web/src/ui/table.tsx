// A table that is one on a wide screen and a list of cards on a phone. The roles are said outright: browsers drop a table's own when
// its rows are laid out in another way.
import type {ComponentChildren} from 'preact';

export interface Column<Row> {
  name: string;
  label: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  number?: boolean;
  /** Not named on a phone, where it stands for itself. */
  bare?: boolean;
}

export function Table<Row>({caption, columns, rows, keyOf, open}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Where a click on the row leads; the row holds a link to the same place, for everybody else. */
  open?: (row: Row) => string;
}) {
  return (
    <div class="table-scroll" role="region" aria-label={caption} tabIndex={0}>
      <table role="table" class={`table ${open ? 'rows-open' : ''}`}>
        <caption class="unseen">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.name} role="columnheader" scope="col" class={column.number ? 'num' : ''}>{column.label}</th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row" onClick={open && ((event) => follow(event, open(row)))}>
              {columns.map((column) => (
                <td key={column.name} role="cell" data-column={column.name} class={column.number ? 'num' : ''}
                  data-label={column.bare || typeof column.label !== 'string' ? undefined : column.label}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function follow(event: MouseEvent, link: string): void {
  const target = event.target as Element;
  if (target.closest('a, button, input, label') || getSelection()?.toString()) return;
  location.hash = link.slice(1);
}
