// The console's own browser code: charts, live figures, copy buttons, small comforts.
"use strict";

document.cookie =
  "tz=" + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC") +
  "; path=/; max-age=31536000; samesite=lax";
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

const dark = matchMedia("(prefers-color-scheme: dark)");
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// --- charts -----------------------------------------------------------------------------------

const colour = (role) => token("--" + role) || token("--accent");

// Names of groups: each is shown, on lines of its own; where they have no room side by side, the bars lie.
const NAMES_MAX = 12, NAME_WIDTH = 12, ROOM_MIN = 96, ROW_HEIGHT = 56;
const letters = (text) => [...text].reduce((sum, c) => sum + (c > "\u2e7f" ? 2 : 1), 0);

function namesOf(spec, width) {
  const named = spec.xKind === "label" && spec.x.length <= NAMES_MAX && spec.x.some((x) => letters(x) > NAME_WIDTH);
  const room = Math.floor((width - 96) / spec.x.length);
  return { lying: named && room < ROOM_MIN, label: named && { interval: 0, hideOverlap: false, overflow: "break", width: room < ROOM_MIN ? 112 : room - 8 } };
}

function seriesOf(spec) {
  const out = [];
  const point = (value, i) => (spec.xKind === "label" ? value : [spec.x[i], value]);
  const noted = (value, note, i) => (note
    ? { value, symbol: "circle", label: { show: true, position: "top", align: i === spec.x.length - 1 ? "right" : "center", formatter: note, color: token("--text-soft") } }
    : { value, symbol: "none" });
  for (const s of spec.series) {
    const base = {
      name: s.name, yAxisIndex: s.axis, type: s.kind === "bar" ? "bar" : "line",
      color: colour(s.role), showSymbol: spec.x.length < 3, symbolSize: 5, connectNulls: true,
      emphasis: { disabled: true }, barMaxWidth: 24,
    };
    if (s.kind === "band") {
      const low = s.base.map(point);
      const width = s.values.map((high, i) => point(high - s.base[i], i));
      const hidden = { type: "line", stack: s.name, lineStyle: { opacity: 0 }, showSymbol: false, silent: true, yAxisIndex: s.axis, tooltip: { show: false } };
      out.push({ ...hidden, name: s.name + " low", data: low });
      out.push({ ...hidden, name: s.name, data: width, color: colour(s.role), areaStyle: { color: colour(s.role), opacity: 0.14 } });
      continue;
    }
    base.data = s.values.map(point);
    base.lineStyle = { width: 2, type: s.role === "target" ? "dashed" : "solid" };
    if (s.role === "target") base.showSymbol = false;
    if (s.notes) {
      Object.assign(base, { showSymbol: true, labelLayout: { moveOverlap: "shiftY" } });
      base.data = base.data.map((value, i) => noted(value, s.notes[i], i));
    }
    if (spec.marks && spec.marks.x !== undefined && out.length === 0) {
      base.markLine = { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: colour("target"), type: "dashed" }, data: [{ xAxis: spec.marks.x }] };
    }
    out.push(base);
  }
  return out;
}

function drawChart(box) {
  const spec = JSON.parse(box.dataset.chart);
  const soft = token("--text-faint"), line = token("--line");
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const visible = spec.series.filter((s) => s.kind !== "band").map((s) => s.name);
  const names = namesOf(spec, box.clientWidth);
  box.style.height = names.lying ? `${96 + ROW_HEIGHT * spec.x.length}px` : "";
  const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "canvas" });
  const option = {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: soft },
    legend: { data: visible, top: 8, left: 12, itemWidth: 16, itemHeight: 8, textStyle: { color: token("--text-soft") } },
    grid: { left: 12, right: 16, top: box.clientWidth < 480 && visible.length > 2 ? 88 : 64, bottom: spec.xKind === "value" ? 28 : 12, containLabel: true },
    tooltip: {
      trigger: "axis", confine: true, backgroundColor: token("--card"), borderColor: line,
      textStyle: { color: token("--text"), fontSize: 13 },
      axisPointer: { label: { show: false }, lineStyle: { color: soft } },
      formatter: (rows) => {
        const x = rows[0].axisValue;
        const lines = rows.filter((r) => visible.includes(r.seriesName)).map((r) => {
          const value = Array.isArray(r.value) ? r.value[1] : r.value;
          const of = spec.series.find((s) => s.name === r.seriesName) || {};
          const after = [spec.units[of.axis || 0], of.notes && of.notes[r.dataIndex]].filter(Boolean).join(" · ");
          return `${r.marker} ${echarts.format.encodeHTML(r.seriesName)} <b>${value === null || value === undefined ? "–" : number.format(value)}</b> ${echarts.format.encodeHTML(after)}`;
        });
        const head = spec.xKind === "time" ? clock.format(new Date(x)) : spec.xKind === "value" ? `${spec.xUnit} ${number.format(x)}` : x;
        return [echarts.format.encodeHTML(head), ...lines].join("<br>");
      },
    },
    xAxis: {
      type: { time: "time", value: "value", label: "category" }[spec.xKind],
      data: spec.xKind === "label" ? spec.x : undefined,
      min: spec.xKind === "value" ? "dataMin" : undefined, max: spec.xKind === "value" ? "dataMax" : undefined,
      name: spec.xKind === "value" ? spec.xUnit : "", nameLocation: "middle", nameGap: 28,
      axisLine: { onZero: false, lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
      axisLabel: { color: soft, hideOverlap: true, ...names.label, ...(spec.xKind === "time" && { alignMinLabel: "left", alignMaxLabel: "right" }) },
    },
    yAxis: spec.units.map((unit, i) => ({
      type: "value", name: unit, position: i ? "right" : "left", alignTicks: true, min: (of) => Math.min(0, of.min),
      nameTextStyle: { color: soft, align: i ? "right" : "left" }, nameGap: 12,
      axisLabel: { color: soft, formatter: (v) => short.format(v) },
      splitLine: { show: i === 0, lineStyle: { color: line } },
    })),
    series: seriesOf(spec),
  };
  if (names.lying) {
    [option.xAxis, option.yAxis] = [option.yAxis.map((axis) => ({ ...axis, position: "bottom", nameLocation: "middle", nameGap: 28, nameTextStyle: { color: soft } })), { ...option.xAxis, inverse: true }];
    option.series.forEach((one) => { one.xAxisIndex = one.yAxisIndex; one.yAxisIndex = 0; });
    option.grid.bottom = 28;
  }
  chart.setOption(option, { notMerge: true });
  chart.resize();
}

const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) echarts.getInstanceByDom(entry.target)?.resize();
});

function drawCharts(root) {
  for (const box of root.querySelectorAll("[data-chart]")) {
    drawChart(box);
    sizes.observe(box);
  }
}
dark.addEventListener("change", () => drawCharts(document));

// --- live figures: server-sent events; the browser reconnects by itself --------------------------

function listen(box) {
  const source = new EventSource(box.dataset.live);
  const dot = document.querySelector(".live-dot");
  const say = (on) => {
    if (!dot) return;
    dot.classList.toggle("on", on);
    dot.textContent = on ? dot.dataset.on : dot.dataset.off;
  };
  source.addEventListener("open", () => say(true));
  source.addEventListener("error", () => say(false));
  source.addEventListener("figures", (event) => {
    for (const [key, value] of Object.entries(JSON.parse(event.data))) {
      for (const cell of document.querySelectorAll(`[data-figure="${key}"]`)) {
        if (cell.textContent === value) continue;
        cell.textContent = value;
        cell.classList.remove("flash-change");
        void cell.offsetWidth;
        cell.classList.add("flash-change");
      }
    }
  });
  source.addEventListener("rows", () => htmx.trigger(document.body, "rows-changed"));
  addEventListener("pagehide", () => source.close());
}

// --- the target slider of the wizard: reads the predicted curve between its points ---------------

function slider(form) {
  const curve = JSON.parse(form.dataset.curve);
  const range = form.querySelector("[data-range]"), number = form.querySelector("[data-target]");
  const style = { style: "currency", currency: form.dataset.currency }; // cents only where they count
  const exact = new Intl.NumberFormat(document.documentElement.lang, style);
  const whole = new Intl.NumberFormat(document.documentElement.lang, { ...style, maximumFractionDigits: 0 });
  const money = (amount) => (amount < 100 ? exact : whole).format(amount);
  const at = (name, target) => {
    const after = curve.findIndex((p) => p.target >= target);
    if (after === -1) return curve[curve.length - 1][name];
    if (after === 0) return curve[0][name];
    const a = curve[after - 1], b = curve[after];
    return a[name] + ((b[name] - a[name]) * (target - a.target)) / (b.target - a.target || 1);
  };
  const show = () => {
    const target = Number(number.value);
    if (!curve.length || !(target > 0)) return;
    for (const name of ["spend", "gmv", "low", "high", "added"]) {
      for (const cell of form.querySelectorAll(`[data-predicted="${name}"]`)) cell.textContent = money(at(name, target));
    }
    const box = document.querySelector("#forecast [data-chart]");
    const chart = box && echarts.getInstanceByDom(box);
    if (chart) {
      const spec = JSON.parse(box.dataset.chart);
      spec.marks = { x: target };
      box.dataset.chart = JSON.stringify(spec);
      drawChart(box);
    }
  };
  range.addEventListener("input", () => { number.value = range.value; show(); });
  number.addEventListener("input", () => { range.value = number.value; show(); });
  const byGoal = () => {
    const chosen = form.querySelector("[data-goal]:checked");
    for (const part of form.querySelectorAll("[data-of-goal]")) {
      part.hidden = !part.dataset.ofGoal.split(" ").includes(chosen && chosen.value);
    }
  };
  form.addEventListener("change", byGoal);
  byGoal();
  show();
}

// --- small comforts ----------------------------------------------------------------------------------

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("details.menu[open]")?.removeAttribute("open");
  const typing = event.target.closest("input, textarea, select");
  const box = document.querySelector("input[type=search]");
  if (event.key === "/" && !typing && box) { event.preventDefault(); box.focus(); }
});
document.addEventListener("error", (event) => {
  const image = event.target;
  if (image.tagName === "IMG" && image.dataset.fallback && image.src !== image.dataset.fallback) {
    const fallback = image.dataset.fallback;
    delete image.dataset.fallback;
    image.src = fallback;
  }
}, true);
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", () => document.querySelector(".busy")?.classList.add("on"));
addEventListener("pageshow", () => document.querySelector(".busy")?.classList.remove("on"));
document.body.addEventListener("htmx:load", (event) => drawCharts(event.detail.elt));
document.body.addEventListener("htmx:responseError", (event) => {
  const box = document.getElementById("problem");
  if (!box) return;
  box.hidden = false;
  box.textContent = event.detail.xhr.getResponseHeader("X-Problem") ? decodeURIComponent(event.detail.xhr.getResponseHeader("X-Problem")) : box.dataset.text;
});
for (const box of document.querySelectorAll("[data-live]")) listen(box);
for (const form of document.querySelectorAll("[data-curve]")) slider(form);

// A form that was refused: to the first field that is wrong.
document.querySelector("[aria-invalid=true]")?.focus();

// Images that failed before this file ran.
for (const image of document.querySelectorAll("img[data-fallback]")) {
  if (image.complete && image.naturalWidth === 0 && image.src !== image.dataset.fallback) image.dispatchEvent(new Event("error"));
}

// --- the store: an impression is a slot half in view for a second --------------------------------

const timers = new Map();
const seen = [];
const sendSeen = () => {
  if (!seen.length) return;
  const events = seen.splice(0, 500).map((t) => ({ type: "impression", token: t }));
  fetch("/v1/events", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ events }) }).catch(() => {});
};
const viewable = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) { clearTimeout(timers.get(target)); continue; }
    timers.set(target, setTimeout(() => { seen.push(target.dataset.token); viewable.unobserve(target); }, 1000));
  }
}, { threshold: 0.5 });
for (const card of document.querySelectorAll("[data-token]")) viewable.observe(card);
setInterval(sendSeen, 1500);
addEventListener("pagehide", sendSeen);
