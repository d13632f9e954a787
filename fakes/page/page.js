// Puts the three sides together and asks the platforms once a second what has changed.

import { $, call, el } from "./dom.js";
import { drawChat, drawPhone } from "./phone.js";
import { drawLog, drawSide } from "./side.js";
import { isZh, own, setLanguage, t } from "./words.js";

const EVERY_MS = 1000;
const state = { all: [], platform: null, customer: "", choose, refresh, reload };

function scheme(next) {
  document.documentElement.dataset.scheme = next;
  localStorage.setItem("fakes.scheme", next);
}

function drawTop() {
  const dark = () => document.documentElement.dataset.scheme === "dark";
  $("top").replaceChildren(el("h1", {}, t("title")), el("p", {}, t("lead")),
    el("button", { onclick: () => { setLanguage(isZh() ? "en" : "zh"); drawAll(); } }, t("other")),
    el("button", { "aria-label": t("scheme"), title: t("scheme"), onclick: () => scheme(dark() ? "light" : "dark") }, "◐"));
  const views = [["platforms", "platforms"], ["phone", "phone"], ["side", "settings"]];
  $("tabs").replaceChildren(...views.map(([view, word]) =>
    el("button", { "aria-current": document.body.dataset.view === view, onclick: () => show(view) }, t(word))));
}

function show(view) {
  document.body.dataset.view = view;
  drawTop();
}

function drawPlatforms() {
  $("platforms").replaceChildren(...state.all.map((one) => {
    const [mark, word] = !one.connected ? ["", t("idle")] : one.connected.ok ? ["ok", t("connected")] : ["bad", t("unanswered")];
    return el("button", { "data-platform": one.name, title: own(one.label), "aria-current": one === state.platform, onclick: () => pick(one.name) },
      el("span", { class: "glyph", "aria-hidden": "true" }, own(one.label).replace(/^微信/, "").slice(0, 1) || "微"),
      el("span", { class: "names" }, own(one.label), el("small", { class: `state ${mark}` }, word)));
  }));
}

function pickedInView() {
  document.querySelector("#platforms [aria-current]")?.scrollIntoView({ block: "nearest" });
}

function drawAll() {
  drawTop();
  drawPlatforms();
  if (!state.platform) return;
  drawPhone(state);
  drawSide(state);
  refresh();
}

function pick(name) {
  state.platform = state.all.find((one) => one.name === name) ?? state.all[0] ?? null;
  state.customer = state.platform?.customers[0]?.id ?? "";
  if (state.platform) history.replaceState(null, "", `#${state.platform.name}`);
  if (document.body.dataset.view === "platforms") document.body.dataset.view = "phone";
  drawAll();
  pickedInView();
}

async function choose(id, anew = false) {
  if (anew) await load();
  state.customer = id;
  drawAll();
}

async function load() {
  state.all = await call("platforms");
  state.platform = state.all.find((one) => one.name === state.platform?.name) ?? state.platform;
}

async function reload() {
  await load();
  drawPlatforms();
  drawSide(state);
}

async function refresh() {
  const { platform, customer } = state;
  if (!platform) return;
  const chat = await call(`${platform.name}/seen?customer=${encodeURIComponent(customer)}`);
  if (platform === state.platform && customer === state.customer) drawChat(state, chat);
  await drawLog(state);
}

async function keep() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    // The platforms are away; the next round asks again.
  }
  setTimeout(keep, EVERY_MS);
}

const dark = matchMedia("(prefers-color-scheme: dark)").matches;
scheme(localStorage.getItem("fakes.scheme") || (dark ? "dark" : "light"));
setLanguage(isZh() ? "zh" : "en");
await load();
pick(location.hash.slice(1));
keep();
