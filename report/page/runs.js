// What is drawn from sets of runs: the table, a measure along an axis, mean components.
// A set: {title, sweep_text, axes: [{name, values}], measures, points: [{at, runs, failed, cells}]};
// a cell: [mean, half width of the interval or null, runs], or null.

const HIDDEN = ['ok', 'exited', 'returned', 'requests', 'wall_s'];  // counts that the table need not repeat
const MOST_ROWS = 500;

// The axes along which the set has more than one value, as [axis, position].
function openAxes(set) {
  return set.axes.map((axis, at) => [axis, at]).filter(([axis]) => axis.values.length > 1);
}

function isNumeric(axis) { return axis.values.every(value => value.trim() !== '' && Number.isFinite(Number(value))); }

function cellOf(set, point, measure) { return point.cells[set.measures.indexOf(measure)] ?? null; }

// Without the parts of single devices; of the counts only those that are not 0 throughout.
function tableMeasures(set) {
  return set.measures.filter(measure => !measure.component && !HIDDEN.includes(measure.name) && !measure.name.includes('.') &&
    (measure.unit !== 'requests' || set.points.some(point => (cellOf(set, point, measure) ?? [0])[0] > 0)));
}

function drawTable(set) {
  const axes = openAxes(set);
  const named = axes.length > 0 ? axes : set.axes.map((axis, at) => [axis, at]).slice(-1);
  const measures = tableMeasures(set);
  const anyFailed = set.points.some(point => point.failed > 0);
  const columns = [...named.map(([axis]) => ({heading: axis.name, text: !isNumeric(axis)})),
    ...measures.map(measure => ({heading: withUnit(measure)})), {heading: 'runs'},
    ...(anyFailed ? [{heading: 'failed runs'}] : [])];
  const rowOf = point => [
    ...named.map(([axis, at]) => ({text: point.at[at], key: isNumeric(axis) ? Number(point.at[at]) : point.at[at]})),
    ...measures.map(measure => {
      const cell = cellOf(set, point, measure);
      if (cell === null) return {text: '–', key: null};
      return {text: estimate(cell[0] * measure.scale, cell[1] === null ? null : cell[1] * measure.scale), key: cell[0]};
    }),
    {text: String(point.runs), key: point.runs}, ...(anyFailed ? [{text: String(point.failed), key: point.failed}] : [])];
  const fixed = set.axes.filter(axis => axis.values.length === 1).map(axis => `${axis.name} ${axis.values[0]}`);
  const replicated = set.points.some(point => point.runs > 1);
  fill('table', element('h2', {}, 'Runs: ' + set.title),
    fixed.length > 0 ? element('p', {class: 'quiet'}, 'All: ' + fixed.join(', ') + '.') : null,
    replicated ? element('p', {class: 'quiet'}, 'Mean ± half of the 95 % confidence interval over the runs of a row; a percentile is taken in each run alone.') : null,
    sortableTable(columns, set.points.map(rowOf), MOST_ROWS),
    set.sweep_text ? element('details', {}, element('summary', {}, 'The sweep file'), element('pre', {}, set.sweep_text)) : null);
}

// What is chosen for the charts of a set, kept while the page is open.
function firstChoice(set) {
  const open = openAxes(set);
  const along = open.find(([axis]) => isNumeric(axis)) ?? open.find(([axis]) => axis.name === 'policy') ?? open[0] ?? [set.axes[0], 0];
  const lines = open.find(([axis, at]) => axis.name === 'policy' && at !== along[1]) ?? open.find(([, at]) => at !== along[1]);
  const measure = set.measures.find(each => each.name === 'p95_latency_s') ?? tableMeasures(set)[0];
  return {measure: measure ? measure.name : '', along: along[1], lines: lines ? lines[1] : -1,
    fixed: set.axes.map(axis => axis.values[isNumeric(axis) ? axis.values.length >> 1 : 0]), percent: false};
}

// Choices of a value for every open axis but those in `free`.
function fixedChoices(set, choice, free, redraw) {
  return openAxes(set).filter(([, at]) => !free.includes(at)).map(([axis, at]) =>
    chooser(axis.name, axis.values.map(value => [value, value]), choice.fixed[at], value => {
      choice.fixed[at] = value;
      redraw();
    }));
}

function pointsAt(set, choice, free) {
  return set.points.filter(point => openAxes(set).every(([, at]) => free.includes(at) || point.at[at] === choice.fixed[at]));
}

// No measure is below 0, so no interval is drawn below it.
function measureSeries(set, choice, measure) {
  const axis = set.axes[choice.along];
  const numeric = isNumeric(axis);
  const points = pointsAt(set, choice, [choice.along, choice.lines]);
  const names = choice.lines < 0 ? [''] : set.axes[choice.lines].values;
  return names.map(name => ({name, points: points
    .filter(point => (choice.lines < 0 || point.at[choice.lines] === name) && cellOf(set, point, measure) !== null)
    .map(point => {
      const [mean, half] = cellOf(set, point, measure).map(value => value === null ? null : value * measure.scale);
      const at = point.at[choice.along];
      return {x: numeric ? Number(at) : at, y: mean, title: `${name} ${axis.name} ${at}: ${estimate(mean, half)} ${measure.unit}`,
        ...(half > 0 ? {low: Math.max(0, mean - half), high: mean + half} : {})};
    }).sort((a, b) => numeric ? a.x - b.x : 0)}));
}

function drawMeasure(set, choice) {
  const measure = set.measures.find(each => each.name === choice.measure);
  if (!measure) return fill('measure');
  const redraw = () => drawMeasure(set, choice);
  const axes = openAxes(set).map(([axis, at]) => [String(at), axis.name]);
  const axis = set.axes[choice.along];
  const chart = lineChart({width: widthOf('measure'), height: 340, marked: true, series: measureSeries(set, choice, measure),
    x: {label: axis.name, words: isNumeric(axis) ? null : axis.values}, y: {label: withUnit(measure)}});
  const banded = set.points.some(point => point.runs > 1);
  fill('measure', element('h2', {}, 'A measure along an axis'),
    element('div', {class: 'choices'},
      chooser('Measure', set.measures.filter(each => each.name !== 'requests').map(each => [each.name, withUnit(each)]), choice.measure, value => {
        choice.measure = value;
        redraw();
      }),
      axes.length > 0 ? chooser('Along', axes, String(choice.along), value => {
        if (Number(value) === choice.lines) choice.lines = choice.along;
        choice.along = Number(value);
        redraw();
      }) : null,
      axes.length > 1 ? chooser('A line each', axes.filter(([at]) => Number(at) !== choice.along), String(choice.lines), value => {
        choice.lines = Number(value);
        redraw();
      }) : null,
      ...fixedChoices(set, choice, [choice.along, choice.lines], redraw)),
    chart, element('p', {class: 'quiet'}, (banded ? 'Bands and bars are 95 % confidence intervals over replications. ' : '') +
      'A press on a name hides and shows it.'));
}

// Where the latency's time goes, a bar for each policy (and mode and scenario, where there are several).
function drawComponents(set, choice) {
  const parts = set.measures.filter(measure => measure.component);
  const free = openAxes(set).filter(([axis]) => ['policy', 'mode', 'scenario'].includes(axis.name)).map(([, at]) => at);
  const points = pointsAt(set, choice, free).filter(point => parts.length > 0 && cellOf(set, point, parts[0]) !== null);
  if (parts.length === 0) return fill('components');
  const redraw = () => drawComponents(set, choice);
  const order = [...free].sort((a, b) => (set.axes[b].name === 'policy') - (set.axes[a].name === 'policy'));
  const rank = (point, at) => set.axes[at].values.indexOf(point.at[at]);
  points.sort((a, b) => order.map(at => rank(a, at) - rank(b, at)).find(difference => difference !== 0) ?? 0);
  const bars = points.map(point => ({name: order.map(at => point.at[at]).join(' ') || set.title,
    parts: parts.map(part => cellOf(set, point, part)[0] * part.scale)}));
  const choices = [chooser('Bars show', [['time', 'time'], ['share', 'share of the latency']], choice.percent ? 'share' : 'time', value => {
    choice.percent = value === 'share';
    redraw();
  }), ...fixedChoices(set, choice, free, redraw)];
  fill('components', element('h2', {}, 'Where the time goes'), element('div', {class: 'choices'}, ...choices),
    bars.length > 0 ? stackedBars(widthOf('components'), bars, parts.map(part => part.heading), parts[0].unit, choice.percent)
      : element('p', {class: 'quiet'}, 'No run is there for this choice.'));
}
