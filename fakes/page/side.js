// The right side: what the platform's console would show, trouble on purpose, the calls both ways.

import { $, boxInput, call, copy, el, field, tell, valuesOf } from "./dom.js";
import { own, t } from "./words.js";

const NUMBERS = ["delay", "faults", "rate_limit", "clock_ahead", "duplicate", "drop", "pace"];
const HOURS_49 = 49 * 3600;
let part = "connect";
let lines = [];

export function drawSide(state) {
  lines = [];
  const names = ["connect", "trouble", "log"];
  const tabs = el("div", { class: "parts", role: "tablist" }, names.map((name) =>
    el("button", { role: "tab", "aria-selected": String(name === part), onclick: () => { part = name; drawSide(state); state.refresh(); } }, t(name))));
  const body = { connect: connecting, trouble: switching, log: logging }[part](state);
  $("side").replaceChildren(tabs, body);
}

function copied(input) {
  if (input.tagName === "SELECT") return input;
  return el("div", { class: "with" }, input, el("button", { type: "button", onclick: () => copy(input.value) }, t("copy")));
}

function connecting(state) {
  const { platform } = state;
  const hook = el("input", { class: "mono", name: "webhook", value: platform.form.webhook, placeholder: "http://127.0.0.1:8700/hooks/kzp_…", autocomplete: "off" });
  const form = el("form", { class: "part", role: "tabpanel", onsubmit: async (event) => {
    event.preventDefault();
    platform.connected = await call(`${platform.name}/connect`, valuesOf(form));
    await state.reload();
  } },
  own(platform.hint) && el("p", { class: "hint" }, own(platform.hint)),
  platform.hooked && field(t("api"), copied(el("input", { class: "mono", readonly: true, value: platform.api_url }))),
  platform.boxes.map((box) => field(own(box.label), copied(boxInput(box, platform.form[box.name])), own(box.help))),
  platform.hooked && [field(t("hook"), hook),
    el("button", { class: "main" }, t("connectNow")),
    result(platform.connected)]);
  return form;
}

function result(connected) {
  if (!connected) return null;
  return el("div", { class: `result ${connected.ok ? "ok" : "bad"}`, role: "status" },
    el("b", {}, connected.ok ? `✓ ${t("good")}` : `✗ ${t("bad")}`),
    !connected.ok && el("div", {}, `${connected.status || t("none")} ${connected.answer.slice(0, 400)}`));
}

function switching(state) {
  const { platform } = state;
  const set = async (changes) => {
    platform.switches = await call(`${platform.name}/switches`, changes);
    drawSide(state);
  };
  const number = (name) => one(name, platform, el("input", { type: "number", min: "0", step: name === "faults" ? "0.1" : "any", value: platform.switches[name], onchange: (event) => set({ [name]: Number(event.target.value) }) }),
    name === "clock_ahead" && el("div", { class: "quick" },
      [["minute", 61], ["window", HOURS_49]].map(([word, more]) => el("button", { onclick: () => set({ clock_ahead: platform.switches.clock_ahead + more }) }, t(word))),
      el("button", { onclick: () => set({ clock_ahead: 0 }) }, t("today"))));
  return el("div", { class: "part", role: "tabpanel" },
    NUMBERS.slice(0, 2).map(number),
    one("error", platform, el("input", { value: platform.switches.error, onchange: (event) => set({ error: event.target.value.trim() }) })),
    NUMBERS.slice(2).map(number),
    one("reorder", platform, el("input", { type: "checkbox", checked: platform.switches.reorder, onchange: (event) => set({ reorder: event.target.checked }) })),
    el("div", { class: "with" },
      el("button", { onclick: async () => { await set({ token_expired: true }); tell(t("expired")); } }, t("expire")),
      el("button", { onclick: () => set({ ...Object.fromEntries(NUMBERS.map((name) => [name, name === "pace" ? 1 : 0])), error: "", reorder: false }) }, t("reset"))));
}

function one(name, platform, input, more = null) {
  const [label, help] = t(`s_${name}`);
  const value = platform.switches[name];
  input.setAttribute("aria-label", label);
  return el("div", { class: `switch ${value && !(name === "pace" && value === 1) ? "on" : ""}` }, el("b", {}, label), input, el("small", {}, help), more);
}

function logging() {
  return el("div", { class: "part log", id: "log", role: "tabpanel" }, el("p", { class: "hint" }, t("noLog")));
}

/** New lines go on top; open ones stay open. */
export async function drawLog(state) {
  const box = $("log");
  if (!box) return;
  const last = () => (lines.length ? lines.at(-1).nr : 0);
  const told = await call(`${state.platform.name}/log?since=${last()}`);
  // Another look may have brought the same meanwhile.
  const fresh = told.filter((line) => line.nr > last());
  if (!fresh.length || box !== $("log")) return;
  if (!lines.length) box.replaceChildren();
  lines.push(...fresh);
  fresh.forEach((line) => box.prepend(logLine(line)));
}

/** Method and path: host and query stand in the details. */
function short(what) {
  return what.replace(/https?:\/\/[^/]+/, "").replace(/\?.*$/, "");
}

function logLine(line) {
  const attempt = line.attempt > 1 ? ` · ${t("attempt").replace("{n}", line.attempt)}` : "";
  return el("details", {},
    el("summary", {},
      el("time", {}, new Date(line.at * 1000).toLocaleTimeString([], { hour12: false })),
      el("span", { class: `way ${line.way}`, title: t(line.way) }, line.way === "out" ? "→" : "←"),
      el("span", { class: "what", title: line.what }, short(line.what) + attempt),
      el("span", { class: `status ${line.ok ? "" : "bad"}` }, line.status || t("none")),
      el("span", { class: "ms" }, `${line.ms} ms`)),
    el("div", { class: "detail" }, t(line.way), el("code", {}, line.what),
      line.sent && [t("sent"), el("pre", {}, line.sent)], line.answer && [t("answer"), el("pre", {}, line.answer)]));
}
