// Scales from values to places, and their ticks.

function spansDecades(values) {
  const least = Math.min(...values);
  return values.length > 1 && least > 0 && Math.max(...values) >= 20 * least;
}

// About `count` round numbers between `low` and `high`.
function linearTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough * 0.8);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

// Powers of ten; below three decades 2 and 5 of each, too.
function logTicks(low, high) {
  const factors = high / low < 1000 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  return ticks.length > 1 ? ticks : linearTicks(low, high, 4);
}

// {place(value), ticks, log}: `values` onto `from`..`to` pixels. Linear scales begin at 0
// where that leaves half of the height used.
function numericScale(values, from, to, log, tickCount) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (!log && low > 0 && low < high / 2) low = 0;
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const of = log ? Math.log10 : value => value;
  const margin = (of(high) - of(low)) * 0.04;
  const start = low === 0 && !log ? 0 : of(low) - margin;
  const end = of(high) + margin;
  const place = value => from + (of(value) - start) / (end - start) * (to - from);
  const ticks = log ? logTicks(10 ** start, 10 ** end) : linearTicks(start, end, tickCount);
  return {place, ticks, log};
}

// A place for each word.
function wordScale(words, from, to) {
  const band = (to - from) / words.length;
  return {place: word => from + (words.indexOf(word) + 0.5) * band, ticks: words, band, words: true};
}

function tickText(value) {
  if (typeof value === 'string') return value;
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(0);
  return String(Number(value.toPrecision(4)));
}

// Words that do not fit side by side are turned.
function horizontalAxis(scale, at, label, from, to) {
  const texts = scale.ticks.map(tickText);
  const widest = Math.max(...texts.map(text => text.length)) * 6.6 + 8;
  const turned = scale.words && widest > scale.band;
  const drop = turned ? Math.min(70, widest * 0.6 + 8) : 16;
  const group = shape('g', {class: 'axis x'});
  let free = -Infinity;  // numbers that would touch the one before are left out
  scale.ticks.forEach((tick, i) => {
    const x = scale.place(tick);
    const half = texts[i].length * 3.4 + 3;
    if (!scale.words && x - half < free) return;
    free = x + half;
    group.append(turned
      ? shape('text', {transform: `translate(${x + 4} ${at + 14}) rotate(-35)`, 'text-anchor': 'end'}, texts[i])
      : shape('text', {x, y: at + 16, 'text-anchor': 'middle'}, texts[i]));
  });
  group.append(shape('line', {class: 'grid', x1: from, x2: to, y1: at, y2: at}),
    shape('text', {class: 'quiet', x: (from + to) / 2, y: at + drop + 18, 'text-anchor': 'middle'}, label));
  return {group, height: drop + 26};
}

function verticalAxis(scale, from, to, label) {
  const group = shape('g', {class: 'axis y'});
  for (const tick of scale.ticks) {
    const y = scale.place(tick);
    group.append(shape('line', {class: 'grid', x1: from, x2: to, y1: y, y2: y}),
      shape('text', {x: from - 6, y: y + 4, 'text-anchor': 'end'}, tickText(tick)));
  }
  group.append(shape('text', {class: 'quiet', x: 2, y: 12}, label));
  return group;
}
