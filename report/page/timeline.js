// The first requests of a run on the executors and connections that they held.

const KINDS = ['encode', 'transfer', 'decode', 'compute', 'result'];
const KIND_COLOURS = [4, 1, 3, 0, 2];

// Zoom 1 fits the width; the box scrolls beyond.
// The run with the most to see comes first.
const timelineChoice = {run: null, zoom: 1};

function drawTimeline(data) {
  const runs = data.timelines;
  if (runs.length === 0) return fill('timeline');
  timelineChoice.run ??= runs.reduce((best, run, at) => run.tracks.length > runs[best].tracks.length ? at : best, 0);
  const run = runs[timelineChoice.run];
  const slices = run.tracks.flatMap(track => track.slices);
  const start = Math.min(...slices.map(([, , from]) => from));
  const end = Math.max(...slices.map(([, , from, length]) => from + length));
  const width = (widthOf('timeline') - 18) * timelineChoice.zoom;
  const place = time => (time - start) / (end - start || 1) * (width - 2) + 1;
  const zoomed = factor => () => {
    const box = document.querySelector('#timeline .tracks');
    const middle = (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth;
    timelineChoice.zoom = Math.min(64, Math.max(1, timelineChoice.zoom * factor));
    drawTimeline(data);
    const redrawn = document.querySelector('#timeline .tracks');
    redrawn.scrollLeft = middle * redrawn.scrollWidth - redrawn.clientWidth / 2;
  };
  const used = KINDS.filter(kind => slices.some(([, what]) => what === kind));
  fill('timeline', element('h2', {}, 'Timeline'),
    element('div', {class: 'choices'},
      chooser('Run', runs.map((each, at) => [String(at), each.name]), String(timelineChoice.run), value => {
        timelineChoice.run = Number(value);
        drawTimeline(data);
      }),
      element('button', {type: 'button', class: 'zoom-in', onclick: zoomed(2)}, 'Zoom in'),
      element('button', {type: 'button', class: 'zoom-out', onclick: zoomed(0.5)}, 'Zoom out')),
    element('div', {class: 'legend'}, ...used.map(kind =>
      element('span', {class: 'key'}, barKey(KIND_COLOURS[KINDS.indexOf(kind)]), kind))),
    element('div', {class: 'scroll tracks', tabindex: 0},
      ...run.tracks.map(track => trackRow(track, place, width)), timeAxis(start, end, place, width)),
    element('p', {class: 'quiet'}, 'The first requests, by number. What holds an executor or a connection fills its track; waiting holds nothing. Stages count from 1; requests arise at the source.'));
}

function trackRow(track, place, width) {
  const row = shape('svg', {width, height: 22, viewBox: `0 0 ${width} 22`});
  for (const [request, what, from, length] of track.slices) {
    const left = place(from);
    const wide = Math.max(0.5, place(from + length) - left);
    row.append(shape('rect', {class: 'slice', x: left, y: 2, width: wide, height: 18, fill: colour(KIND_COLOURS[KINDS.indexOf(what)])},
      shape('title', {}, `request ${request}: ${what}, ${digits(length * 1e3)} ms from ${digits(from * 1e3)} ms`)));
    if (wide > 8 * String(request).length + 4)
      row.append(shape('text', {x: left + wide / 2, y: 15, 'text-anchor': 'middle'}, String(request)));
  }
  return element('div', {class: 'track'}, element('span', {class: 'name'}, track.name), row);
}

function timeAxis(start, end, place, width) {
  const axis = shape('svg', {width, height: 30, viewBox: `0 0 ${width} 30`});
  for (const tick of linearTicks(start * 1e3, end * 1e3, width / 110)) {
    const x = place(tick / 1e3);
    axis.append(shape('line', {class: 'grid', x1: x, x2: x, y1: 0, y2: 6}),
      shape('text', {class: 'tick', x: Math.min(width - 24, Math.max(12, x)), y: 20, 'text-anchor': 'middle'}, tickText(tick)));
  }
  return element('div', {class: 'track'}, axis, element('span', {class: 'name'}, 'time since the start of the run (ms)'));
}
