// Line charts and stacked bars, drawn at the width of their place.

const COLOURS = 9;
const DASHES = ['', '7 3', '2 3', '9 3 2 3'];

function colour(index) { return `var(--s${index % COLOURS})`; }
function dash(index) { return DASHES[index % DASHES.length]; }

// Paper is narrower than most screens: while printing its width is set.
let paperWidth = null;

function widthOf(id) { return paperWidth ?? Math.max(260, document.getElementById(id).clientWidth); }

function marker(index, x, y) {
  const paths = [`M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`, `M${x - 4} ${y - 4}h8v8h-8z`,
    `M${x} ${y - 5}l5 9h-10z`, `M${x} ${y - 5}l5 5l-5 5l-5 -5z`];
  return shape('path', {class: 'point', d: paths[index % paths.length], fill: colour(index)});
}

// The mean between its bounds: a line through numbers, a mark for each word.
function seriesShapes(series, x, y, marked, dodge) {
  const index = series.colour;
  const place = point => [x.place(point.x) + dodge, y.place(point.y)];
  const group = shape('g', {class: 'series', 'data-series': series.name});
  if (!x.words) {
    const banded = series.points.filter(point => point.low !== undefined);
    if (banded.length > 1) {
      const edge = (points, bound) => points.map(point => `${x.place(point.x)} ${y.place(point[bound])}`);
      const outline = [...edge(banded, 'high'), ...edge([...banded].reverse(), 'low')];
      group.append(shape('path', {class: 'band', d: 'M' + outline.join('L') + 'Z', fill: colour(index)}));
    }
    group.append(shape('path', {class: 'curve', stroke: colour(index), 'stroke-dasharray': dash(series.dash),
      d: series.steps ? stepsThrough(series.points.map(place), y.place(0))
        : 'M' + series.points.map(point => place(point).join(' ')).join('L')}));
  }
  for (const point of marked ? series.points : []) {
    const [left, top] = place(point);
    if (x.words && point.low !== undefined)
      group.append(shape('path', {class: 'curve', stroke: colour(index),
        d: `M${left} ${y.place(point.low)}V${y.place(point.high)}`}));
    const mark = marker(index, left, top);
    mark.append(shape('title', {}, point.title));
    group.append(mark);
  }
  return group;
}

// From the ground up: level until the next point, then straight to it.
function stepsThrough(places, ground) {
  return `M${places[0][0]} ${ground}` + places.map(([left, top]) => `H${left}V${top}`).join('');
}

function legendKey(...shapes) {
  return shape('svg', {viewBox: '0 0 28 12', 'aria-hidden': 'true'}, ...shapes);
}

function lineKey(series, marked) {
  return legendKey(shape('path', {class: 'curve', d: 'M0 6H28', stroke: colour(series.colour),
    'stroke-dasharray': dash(series.dash)}), marked ? marker(series.colour, 14, 6) : null);
}

function barKey(index) { return legendKey(shape('rect', {x: 8, width: 12, height: 12, fill: colour(index)})); }

// A press hides and shows the series of that name.
function lineLegend(series, marked, picture) {
  return element('div', {class: 'legend'}, ...series.map(each => {
    const button = element('button', {type: 'button', 'aria-pressed': 'true'}, lineKey(each, marked), each.name);
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', shown);
      for (const group of picture.querySelectorAll('g.series'))
        if (group.dataset.series === each.name) group.style.display = shown ? '' : 'none';
    });
    return button;
  }));
}

// chart: {width, height, x: {label, words}, y: {label, log}, marked, legend,
//         series: [{name, colour, dash, steps, points: [{x, y, low, high, title}]}]}
// Colours and dashes are numbers, by default of the place among the series.
// Words on the x axis are given in order; without them x are numbers. Bounds are optional.
function lineChart(chart) {
  const {width, height} = chart;
  const series = chart.series.map((each, index) => ({colour: index, dash: index, ...each}));
  const points = series.flatMap(each => each.points);
  if (points.length === 0) return element('p', {class: 'quiet'}, 'Nothing is known of this measure here.');
  const heights = points.flatMap(point => [point.y, point.low, point.high]).filter(value => value !== undefined);
  const log = chart.y.log ?? spansDecades(points.map(point => point.y));
  const bounded = log ? heights.filter(value => value > 0) : heights;
  const trial = numericScale(bounded, 0, 100, log, 5);
  const left = Math.max(...trial.ticks.map(tick => tickText(tick).length)) * 7 + 14;
  const right = width - 14;
  const xs = points.map(point => point.x);
  const x = chart.x.words ? wordScale(chart.x.words, left, right)
    : numericScale(xs, left, right, spansDecades(xs), Math.max(3, Math.floor(width / 110)));
  const probe = horizontalAxis(x, 0, '', left, right);
  const bottom = height - probe.height;
  const y = numericScale(bounded, bottom, 24, log, 5);
  const floor = y.place;
  y.place = value => Math.min(bottom, floor(log && value <= 0 ? Math.min(...bounded) : value));
  const picture = shape('svg', {class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img',
    'aria-label': `${chart.y.label} by ${chart.x.label}`}, verticalAxis(y, left, right, chart.y.label + (log ? ', log scale' : '')),
    horizontalAxis(x, bottom, chart.x.label + (x.log ? ', log scale' : ''), left, right).group);
  series.forEach((each, index) => {
    const dodge = x.words ? (index - (series.length - 1) / 2) * Math.min(14, x.band / (series.length + 1)) : 0;
    if (each.points.length > 0) picture.append(seriesShapes(each, x, y, chart.marked, dodge));
  });
  return element('figure', {}, picture,
    series.length > 1 || chart.legend ? lineLegend(series, chart.marked, picture) : null);
}

// bars: [{name, parts: [value by part]}]; parts: names. In `unit`, or in per cent of each bar.
function stackedBars(width, bars, parts, unit, inPercent) {
  const sums = bars.map(bar => bar.parts.reduce((sum, part) => sum + part, 0));
  const left = Math.min(width * 0.4, Math.max(...bars.map(bar => bar.name.length)) * 7 + 10);
  const right = width - 60;
  const scale = numericScale([0, inPercent ? 100 : Math.max(...sums)], left, right, false, Math.max(2, Math.floor(width / 140)));
  const step = 30;
  const bottom = bars.length * step + 6;
  const axis = horizontalAxis(scale, bottom, inPercent ? 'share of the latency (%)' : `mean time of a request (${unit})`, left, right);
  const picture = shape('svg', {class: 'chart bars', viewBox: `0 0 ${width} ${bottom + axis.height}`, role: 'img'}, axis.group);
  bars.forEach((bar, row) => {
    const top = row * step + 6;
    let sum = 0;
    picture.append(shape('text', {x: left - 6, y: top + 15, 'text-anchor': 'end'}, shortened(bar.name, left / 7)));
    bar.parts.forEach((part, index) => {
      if (!(part > 0)) return;
      const factor = inPercent ? 100 / sums[row] : 1;
      const from = scale.place(sum * factor);
      sum += part;
      picture.append(shape('rect', {class: 'part', x: from, y: top, height: step - 10, fill: colour(index),
        width: Math.max(0, scale.place(sum * factor) - from)}, shape('title', {}, `${bar.name}, ${parts[index]}: ${digits(part)} ${unit}`)));
    });
    picture.append(shape('text', {class: 'quiet', x: scale.place(inPercent ? 100 : sum) + 5, y: top + 15}, digits(sums[row])));
  });
  const keys = parts.map((name, index) => element('span', {class: 'key'}, barKey(index), name))
    .filter((key, index) => bars.some(bar => bar.parts[index] > 0));
  return element('figure', {}, picture, element('div', {class: 'legend'}, ...keys));
}

function shortened(text, most) {
  return text.length > most ? text.slice(0, Math.max(1, most - 1)) + '…' : text;
}
