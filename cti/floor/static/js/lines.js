// The last hour as lines: callers waiting against agents ready.

import uPlot from "../../web/vendor/uplot.mjs";
import { t, timeOfDay } from "../../web/js/i18n.js";
import { html, useEffect, useRef } from "../../web/js/ui.js";

const HEIGHT = 190;
const BIG_HEIGHT = 320;
const SHORTEST_S = 600;
const LONGEST_S = 3600;
const dark = matchMedia("(prefers-color-scheme: dark)");

// A token such as light-dark(…) becomes a colour only on an element.
const colour = (token, place) => {
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  place.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

function draw(place, data, height) {
  const [ink, line] = [colour("--ink-faint", place), colour("--line", place)];
  const [waiting, ready] = [colour("--not-ready-solid", place), colour("--ready-solid", place)];
  const font = `12px ${getComputedStyle(place).fontFamily}`;
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return new uPlot(
    {
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 4, 0, 0],
      scales: { x: { time: true, range: (_, first, last) => [last - Math.min(LONGEST_S, Math.max(SHORTEST_S, last - first)), last] }, y: { range: (_, __, most) => [0, Math.max(5, Math.ceil(most * 1.15))] } },
      axes: [
        { ...axis, size: 30, grid: { show: false }, values: (_, moments) => moments.map((moment) => timeOfDay(moment * 1000)) },
        { ...axis, size: 34, values: (_, counts) => counts.map((count) => (Number.isInteger(count) ? count : "")) },
      ],
      series: [
        {},
        { stroke: ready, width: 2, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) },
        { stroke: waiting, width: 2, fill: waiting.replace("rgb(", "rgba(").replace(")", ", 0.14)"), points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) },
      ],
    },
    data,
    place,
  );
}

export const Lines = ({ trend, isBig }) => {
  const height = isBig ? BIG_HEIGHT : HEIGHT;
  const place = useRef(null);
  const plot = useRef(null);
  const data = [trend.at.map((at) => at / 1000), trend.ready, trend.waiting];
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const again = () => {
      plot.current?.destroy();
      plot.current = draw(place.current, latest.current, height);
    };
    again();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: place.current.clientWidth, height }));
    resized.observe(place.current);
    dark.addEventListener("change", again);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", again);
      plot.current.destroy();
    };
  }, [height]);
  const last = trend.at.at(-1);
  useEffect(() => plot.current.setData(latest.current), [last]);

  return html`
    <section class="panel lines" aria-labelledby="lines">
      <header>
        <h2 id="lines">${t("The last hour")}</h2>
        <ul class="legend">
          <li class="waits"><i aria-hidden="true"></i>${t("Callers waiting")}</li>
          <li class="readies"><i aria-hidden="true"></i>${t("Agents ready")}</li>
        </ul>
      </header>
      <figure
        ref=${place}
        role="img"
        aria-label=${t("Now {waiting} waiting, {ready} ready", { waiting: trend.waiting.at(-1) ?? 0, ready: trend.ready.at(-1) ?? 0 })}
      ></figure>
    </section>
  `;
};
