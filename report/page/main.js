// Reads the data and draws every section; again when the width changes.

const data = JSON.parse(document.getElementById('data').textContent);
const choices = data.sets.map(firstChoice);
let chosenSet = 0;

function drawHeader({header}) {
  document.title = 'Twinfer report: ' + header.store;
  const day = time => time.replace('T', ' ').replace('Z', ' UTC');
  const counts = [`${header.runs} run${header.runs === 1 ? '' : 's'}`, header.failed > 0 ? `${header.failed} failed` : '',
    header.running > 0 ? `${header.running} did not end` : ''].filter(text => text);
  const facts = [['Holds', counts.join(', ')], ['Scenario', header.scenarios.join(', ')],
    ['Made', header.first === header.last ? day(header.first) : `${day(header.first)} to ${day(header.last)}`],
    ['Machine', header.machines.join('; ')], ['Commit', header.commits.join(', ')],
    ['Network model', header.network_models.join(', ')], ['Page', `${day(header.made)}, twinfer ${header.made_by}`]];
  fill('header', element('h1', {}, `Twinfer report: ${header.store}`),
    element('dl', {class: 'facts'}, ...facts.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)])),
    header.failures.length > 0 ? element('details', {open: ''}, element('summary', {}, 'Runs that failed'),
      element('ul', {}, ...header.failures.map(run => element('li', {}, `run ${run.run} (${run.name}): ${run.error}`)))) : null);
}

function drawSet() {
  const set = data.sets[chosenSet];
  fill('set-choice', data.sets.length < 2 ? null : element('div', {class: 'choices'},
    chooser('Show the runs of', data.sets.map((each, at) => [String(at), each.title]), String(chosenSet), value => {
      chosenSet = Number(value);
      drawSet();
    })));
  drawTable(set);
  drawMeasure(set, choices[chosenSet]);
  drawComponents(set, choices[chosenSet]);
}

function drawAll() {
  drawHeader(data);
  drawSet();
  drawDistributions(data);
  drawTwin(data);
  drawPlans(data);
  drawTimeline(data);
}

function drawCharts() {
  drawMeasure(data.sets[chosenSet], choices[chosenSet]);
  drawComponents(data.sets[chosenSet], choices[chosenSet]);
  drawDistributions(data);
  drawTimeline(data);
}

let drawnWidth = document.documentElement.clientWidth;
window.addEventListener('resize', () => {
  if (document.documentElement.clientWidth === drawnWidth) return;
  drawnWidth = document.documentElement.clientWidth;
  drawCharts();
});
window.addEventListener('beforeprint', () => {
  paperWidth = 700;
  timelineChoice.zoom = 1;
  drawCharts();
});
window.addEventListener('afterprint', () => {
  paperWidth = null;
  drawCharts();
});
drawAll();
