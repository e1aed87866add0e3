'use strict';
// Making elements. Text from the data only ever becomes text: nothing here, or in the
// other files, parses it as HTML.

function append(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

// element('p', {class: 'quiet'}, 'text', otherElement)
function element(name, attributes, ...children) {
  return append(document.createElement(name), attributes, children);
}

function shape(name, attributes, ...children) {
  return append(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(id, ...children) {
  document.getElementById(id).replaceChildren(...children.filter(child => child));
}

// A labelled list to choose from; `choices` are [value, text].
function chooser(label, choices, chosen, onChoice) {
  const list = element('select', {onchange: event => onChoice(event.target.value)},
    ...choices.map(([value, text]) => element('option', {value}, text)));
  list.value = chosen;
  return element('label', {}, label, list);
}

// Three significant digits at least, without an exponent: 0.0123, 12.3, 1234.
function digits(value, decimals) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  const places = decimals ?? Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 12));
}

// "12.30 ± 0.45": two digits of the interval, and the mean to the same place. An interval
// so narrow that it says nothing more than the digits is left out.
function estimate(mean, half) {
  if (half === null || half === undefined || !(half > Math.abs(mean) * 1e-4)) return digits(mean);
  const places = Math.max(0, 1 - Math.floor(Math.log10(half)));
  return `${digits(mean, places)} ± ${digits(half, places)}`;
}

function signed(value, decimals) {
  if (value === null || value === undefined) return '–';
  const text = value.toFixed(decimals);
  return Number(text) > 0 ? '+' + text : Number(text) === 0 ? Math.abs(value).toFixed(decimals) : text;
}

function withUnit(measure) {
  return measure.unit ? `${measure.heading} (${measure.unit})` : measure.heading;
}

// Long names of fields may be broken after their dots.
function breakable(text) {
  return text.split('.').flatMap((part, at, parts) => at + 1 < parts.length ? [part + '.', element('wbr')] : [part]);
}

// A table whose headings sort it. Columns: {heading, text: true for words}; cells:
// {text, key}, sorted by key, those without one last. Of more than `most` rows only the first
// are there until a button is pressed.
function sortableTable(columns, rows, most = Infinity) {
  let shown = rows;
  const body = element('tbody');
  const heads = columns.map((column, at) => element('th', {scope: 'col', class: column.text ? 'text' : null},
    element('button', {type: 'button', onclick: () => sortBy(at)}, ...breakable(column.heading))));
  function sortBy(at) {
    const ascending = heads[at].getAttribute('aria-sort') !== 'ascending';
    heads.forEach(head => head.removeAttribute('aria-sort'));
    heads[at].setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    shown = [...rows].sort((a, b) => compareKeys(a[at].key, b[at].key, ascending ? 1 : -1));
    show();
  }
  function show() {
    body.replaceChildren(...shown.slice(0, most).map(row => element('tr', {},
      ...row.map((cell, at) => element('td', {class: columns[at].text ? 'text' : null}, cell.text)))));
  }
  show();
  const table = element('div', {class: 'scroll', tabindex: 0},
    element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body));
  if (rows.length <= most) return table;
  const more = element('button', {type: 'button', class: 'more'}, `Show all ${rows.length} rows`);
  more.addEventListener('click', () => {
    most = Infinity;
    more.remove();
    show();
  });
  return element('div', {}, table, more);
}

function compareKeys(a, b, direction) {
  const missing = key => key === null || key === undefined;
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  if (typeof a === 'number' && typeof b === 'number') return direction * (a - b);
  return direction * String(a).localeCompare(String(b), 'en', {numeric: true});
}
