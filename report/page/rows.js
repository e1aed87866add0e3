// What is drawn from stored requests: distributions, and the twin's error; and the plans.

function cdfPoints(cdf) { return cdf.map(([latency, share]) => ({x: latency * 1e3, y: share * 100, title: ''})); }

function cdfChart(width, height, series) {
  return lineChart({width, height, marked: false, legend: true, x: {label: 'latency (ms)'},
    y: {label: 'requests that took no longer (%)', log: false}, series: series.map(each => ({steps: true, ...each}))});
}

// A colour for each policy and a dash for each mode, where that tells all runs apart.
function runSeries(runs) {
  const places = key => { const known = [...new Set(runs.map(run => run[key]))]; return run => known.indexOf(run[key]); };
  const [policy, mode] = [places('policy'), places('mode')];
  const apart = new Set(runs.map(run => `${policy(run)} ${mode(run)}`)).size === runs.length;
  return runs.map(run => ({name: run.name, points: cdfPoints(run.cdf), ...(apart ? {colour: policy(run), dash: mode(run)} : {})}));
}

function drawDistributions(data) {
  const runs = data.distributions;
  if (runs.length === 0)
    return fill('distributions', element('h2', {}, 'Latency of the requests'),
      element('p', {class: 'quiet'}, 'These runs were stored without their requests, as a sweep does unless its file says keep_rows: true. Distributions, timelines and the error of the twin need them.'));
  fill('distributions', element('h2', {}, 'Latency of the requests'),
    cdfChart(widthOf('distributions'), 340, runSeries(runs)),
    element('p', {class: 'quiet'}, `Cumulative distribution in ${runs.length === 1 ? 'the run' : `each of ${runs.length} runs`} ` +
      `(${runs.length === data.most_distributions ? `no more than ${data.most_distributions} are drawn; ` : ''}a press on a name hides and shows it).`));
}

// The measures of a comparison: heading, key in a summary, key of the error, factor to the unit.
const TWIN_MEASURES = [['P50', 'ms', 'p50_s', 'p50_error', 1e3], ['P95', 'ms', 'p95_s', 'p95_error', 1e3],
  ['throughput', '1/s', 'throughput_hz', 'throughput_error', 1], ['accuracy', '%', 'accuracy', 'accuracy_difference', 100]];

function drawTwin(data) {
  const told = data.twins.filter(twin => twin.error);
  const problems = data.twins.filter(twin => twin.problem);
  if (data.twins.length === 0) return fill('twin');
  const scenarios = new Set(data.twins.map(twin => twin.scenario)).size > 1;
  const noisy = told.some(twin => twin.noise);
  const name = twin => (scenarios ? twin.scenario + ' ' : '') + twin.policy;
  const percent = value => ({text: signed(value === null || value === undefined ? null : value * 100, 1),
    key: value === null || value === undefined ? null : Math.abs(value)});
  const columns = [{heading: 'policy', text: true}, ...TWIN_MEASURES.flatMap(([heading, unit, , error]) => [
    {heading: `${heading} sim (${unit})`}, {heading: `${heading} live (${unit})`},
    {heading: error.endsWith('difference') ? `${heading} difference (points)` : `${heading} error (%)`},
    ...(noisy && !error.endsWith('difference') ? [{heading: `${heading} noise (%)`}] : [])]),
    {heading: 'requests in both'}, {heading: 'other exits taken'}];
  const rows = told.map(twin => [{text: name(twin), key: name(twin)}, ...TWIN_MEASURES.flatMap(([, , key, error, factor]) => {
    const value = side => twin.error[side][key] === null ? {text: '–', key: null}
      : {text: digits(twin.error[side][key] * factor), key: twin.error[side][key]};
    return [value('tested'), value('reference'), percent(twin.error[error]),
      ...(noisy && !error.endsWith('difference') ? [percent(twin.noise ? twin.noise[error] : null)] : [])];
  }), {text: String(twin.error.joined), key: twin.error.joined}, {text: String(twin.error.other_exits), key: twin.error.other_exits}]);
  const charts = told.map(twin => element('div', {class: 'card'}, element('h3', {}, name(twin)),
    cdfChart(340, 230, [{name: 'sim', points: cdfPoints(twin.sim)}, {name: 'live', points: cdfPoints(twin.live)}])));
  fill('twin', element('h2', {}, 'Error of the twin: simulated against live'),
    told.length > 0 ? sortableTable(columns, rows) : null,
    element('p', {class: 'quiet'}, 'Error: simulated against measured, relative to measured; errors sort by size, whatever their sign.' +
      (noisy ? ' Noise: the measured run against the one before it, the difference that no simulator can beat.' : '')),
    ...problems.map(twin => element('p', {}, `${name(twin)}: runs ${twin.sim_run} and ${twin.live_run} cannot be compared: ${twin.problem}`)),
    element('div', {class: 'cards'}, ...charts));
}

// "pi[1-4,7-7] {jetson,pc}[5-6]" as a list: "pi: layers 1-4, 7"
function stageList(plan) {
  return element('ol', {}, ...plan.split(' ').map(stage => {
    const [, devices, layers] = /^(.*)\[(.*)\]$/.exec(stage) ?? [null, stage, ''];
    const ranges = layers.split(',').map(range => range.replace(/^(\d+)-\1$/, '$1')).join(', ');
    return element('li', {}, devices.replace(/^\{(.*)\}$/, '$1').replaceAll(',', ', ') + (ranges ? `: ${/[-,]/.test(ranges) ? 'layers' : 'layer'} ${ranges}` : ''));
  }));
}

function planPicture(plan, open) {
  if (!plan.picture) return element('p', {class: 'quiet'}, 'No picture: ' + plan.why_none);
  // As an image, whatever the SVG holds can neither run nor load anything.
  const image = element('img', {alt: `The network under ${plan.policy}, each device in a colour`,
    src: 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(plan.picture)});
  return element('details', open ? {open: ''} : {}, element('summary', {}, 'The network, coloured by device'),
    element('div', {class: 'scroll picture', tabindex: 0}, image));
}

function drawPlans(data) {
  if (data.plans.length === 0) return fill('plans');
  const scenarios = new Set(data.plans.map(plan => plan.scenario)).size > 1;
  const open = data.plans.length <= 3;
  fill('plans', element('h2', {}, 'Plans'), element('p', {class: 'quiet'}, 'Stages in their order, with the layers that each device runs.'),
    element('div', {class: 'cards'}, ...data.plans.map(plan => element('div', {class: 'card'},
      element('h3', {}, (scenarios ? plan.scenario + ': ' : '') + plan.policy), stageList(plan.plan), planPicture(plan, open)))));
}
