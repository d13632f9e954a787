// The customer's phone: her chat, what she can send, what else she can do.

import { $, ask, call, el, field, menu, tell } from "./dom.js";
import { own, t } from "./words.js";

const PICTURES = new Set(["image", "photo", "sticker", "picture", "local_image"]);
const WITH_FILE = new Set([...PICTURES, "voice", "audio", "video", "shortvideo", "file", "document", "video_note", "animation", "media", "local_video"]);
const ACCEPT = { image: "image/*", photo: "image/*", sticker: "image/*", video: "video/*", voice: "audio/*", audio: "audio/*" };

let reply = null;
let kind = "text";
let drawn = "";
let atEnd = true;

/** Draw frame and composer of the platform; the chat comes with `drawChat`. */
export function drawPhone(state) {
  const { platform, customer } = state;
  if (!platform.kinds.includes(kind)) kind = platform.kinds[0];
  reply = null;
  drawn = "";
  const select = el("select", { "aria-label": t("customer"), onchange: () => state.choose(select.value) },
    platform.customers.map((one) => el("option", { value: one.id }, one.name)));
  select.value = customer;
  const person = platform.customers.find((one) => one.id === customer);
  $("phone").replaceChildren(
    el("div", { class: "customers" }, select, el("button", { onclick: () => newcomer(state) }, `+ ${t("newcomer")}`)),
    el("section", { class: "frame", "data-platform": platform.name, "aria-label": person?.name },
      el("header", {}, el("b", {}, own(platform.label)), el("small", { id: "who" }, person ? `${person.name} · ${person.id.slice(0, 14)}` : "")),
      el("div", { class: "chat", id: "chat", tabindex: "0", "aria-live": "polite" }),
      composer(state)),
    el("div", { class: "acts" }, platform.acts.filter((act) => act.on === "customer").map((act) =>
      el("button", { onclick: () => perform(state, act) }, own(act.label)))));
}

async function newcomer(state) {
  const given = await ask(t("newcomer"), [{ name: "name", label: [t("name"), t("name")], help: ["", ""], value: "", options: [] }]);
  if (given) state.choose((await call(`${state.platform.name}/customers`, given)).id, true);
}

async function perform(state, act, more = {}) {
  const given = act.boxes.length ? await ask(own(act.label), act.boxes) : {};
  if (given === null) return;
  await call(`${state.platform.name}/act`, { customer: state.customer, act: act.name, given: { ...given, ...more } });
  state.refresh();
}

function composer(state) {
  const box = el("div", { class: "composer" });
  const redraw = () => box.replaceChildren(...parts(state, redraw));
  redraw();
  state.replyTo = (shown) => { reply = shown; redraw(); };
  return box;
}

function parts(state, redraw) {
  const kinds = el("div", { class: "kinds" }, state.platform.kinds.map((one) =>
    el("button", { type: "button", "aria-pressed": String(one === kind), onclick: () => { kind = one; redraw(); } }, t(`k_${one}`))));
  const form = el("form", { onsubmit: (event) => { event.preventDefault(); send(state, form, redraw); } },
    el("div", { class: "fields" }, inputs()), el("button", { class: "main" }, t("send")));
  const replying = reply && el("div", { class: "replying" }, el("span", {}, `${t("quote")}: ${reply.text || t(`k_${reply.kind}`)}`),
    el("button", { type: "button", class: "bare", "aria-label": t("cancel"), onclick: () => { reply = null; redraw(); } }, "×"));
  return [...(state.platform.kinds.length > 1 ? [kinds] : []), ...(replying ? [replying] : []), form];
}

function inputs() {
  const text = el("input", { name: "text", placeholder: t("say"), "aria-label": t("say"), autocomplete: "off" });
  if (kind === "location" || kind === "venue") {
    return [el("div", { class: "two" },
      field(t("latitude"), el("input", { name: "latitude", value: "30.2511" })),
      field(t("longitude"), el("input", { name: "longitude", value: "120.1612" }))),
    field(t("place"), el("input", { name: "text", value: "西湖断桥" }))];
  }
  if (kind === "mail") {
    return [field(t("subject"), el("input", { name: "subject", value: t("subjectSample"), autocomplete: "off" })), text];
  }
  if (kind === "link") {
    return [field(t("linkTitle"), el("input", { name: "title", value: "明前龙井" })),
      field(t("linkUrl"), el("input", { name: "url", value: "https://tea.example/longjing" })), text];
  }
  if (!WITH_FILE.has(kind)) return [text];
  const picked = el("span", { class: "picked" });
  const note = () => { picked.textContent = file.files[0]?.name ?? ""; };
  const file = el("input", { type: "file", name: "file", hidden: true, accept: ACCEPT[kind], onchange: note });
  const sample = PICTURES.has(kind) ? [t("sample"), samplePicture] : kind === "voice" ? [t("sampleVoice"), sampleVoice] : null;
  return [el("div", { class: "with" }, file, el("button", { type: "button", onclick: () => file.click() }, t("file")), sample && el("button", { type: "button", onclick: async () => {
    const carrier = new DataTransfer();
    carrier.items.add(await sample[1]());
    file.files = carrier.files;
    note();
  } }, sample[0]), picked), text];
}

function samplePicture() {
  const canvas = el("canvas", { width: "480", height: "320" });
  const brush = canvas.getContext("2d");
  const sky = brush.createLinearGradient(0, 0, 480, 320);
  sky.addColorStop(0, `hsl(${Math.random() * 360} 60% 82%)`);
  sky.addColorStop(1, "#1d6b4b");
  brush.fillStyle = sky;
  brush.fillRect(0, 0, 480, 320);
  brush.fillStyle = "#ffffff";
  brush.font = "600 64px sans-serif";
  brush.fillText("茶 tea", 150, 185);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(new File([blob], "tea.png", { type: "image/png" }))));
}

/** Two seconds of silence as AMR-NB: frames of 32 bytes, 12.2 kbit/s. */
function sampleVoice() {
  const frames = new Uint8Array(6 + 100 * 32);
  frames.set(new TextEncoder().encode("#!AMR\n"));
  for (let n = 0; n < 100; n += 1) frames[6 + n * 32] = 0x3c;
  return Promise.resolve(new File([frames], "voice.amr", { type: "audio/amr" }));
}

function base64(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(file);
  });
}

async function send(state, form, redraw) {
  const { text = "", file, ...more } = Object.fromEntries(new FormData(form));
  const said = { customer: state.customer, kind, text, more, quote: reply?.id ?? "" };
  if (WITH_FILE.has(kind)) {
    if (!file?.size) { tell(t("chooseFile")); return; }
    Object.assign(said, { data: await base64(file), name: file.name, media_type: file.type });
  } else if ((kind === "text" || kind === "mail") && !text) return;
  await call(`${state.platform.name}/say`, said);
  reply = null;
  redraw();
  document.querySelector(".composer input[name=text]")?.focus();
  state.refresh();
}

/** Draw the chat where it has changed; it stays at its end if it was there. */
export function drawChat(state, chat) {
  const key = JSON.stringify(chat) + document.documentElement.lang;
  if (key === drawn) return;
  drawn = key;
  const box = $("chat");
  const end = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  box.replaceChildren(...(chat.length ? chat.map((shown) => line(state, chat, shown)) : [el("p", { class: "empty" }, t("empty"))]));
  atEnd = end;
  toEnd();
}

/** Pictures grow when they have come. */
function toEnd() {
  if (atEnd) $("chat").scrollTop = $("chat").scrollHeight;
}

function line(state, chat, shown) {
  if (shown.by === "platform") return el("div", { class: "line platform" }, shown.text);
  const gone = shown.fate === "recalled";
  const quoted = shown.quote && chat.find((one) => one.id === shown.quote);
  const bubble = gone ? el("div", { class: "bubble gone" }, t("recalled")) : el("div", { class: "bubble" },
    quoted && el("div", { class: "quoted" }, quoted.text || t(`k_${quoted.kind}`)), content(state, shown),
    shown.choices.length > 0 && el("div", { class: "choices" }, shown.choices.map((choice) =>
      el("button", { onclick: () => choose(state, shown, choice) }, choice.label))));
  const entries = gone ? [] : messageActs(state, shown);
  const more = entries.length > 0 && el("button", { class: "bare more", "aria-label": t("more"), onclick: () => menu(entries) }, "⋯");
  const fate = shown.by === "customer" && !gone ? t(shown.fate) : shown.by === "us" && shown.fate === "failed" ? t("failed") : "";
  const time = new Date(shown.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return el("div", { class: `line ${shown.by}` }, el("div", { class: "row" }, bubble, more),
    el("span", { class: `fate ${shown.fate}` }, [time, shown.edited && t("edited"), fate].filter(Boolean).join(" · ")));
}

function content(state, shown) {
  const url = `/_/${state.platform.name}/file/${encodeURIComponent(shown.file)}`;
  const text = [shown.title && el("b", { class: "title" }, shown.title), shown.text && el("span", {}, shown.text)];
  const label = !["text", "mail", "menu", "post", "interactive"].includes(shown.kind) && el("div", { class: "kind" }, t(`k_${shown.kind}`));
  if (!shown.file) return [label, ...text];
  if (PICTURES.has(shown.kind)) return [el("img", { src: url, alt: shown.name || t("k_image"), onload: toEnd }), ...text];
  if (shown.kind.includes("video")) return [el("video", { src: url, controls: true }), ...text];
  const link = el("a", { href: url, download: shown.name || "file" }, shown.name || shown.file.slice(0, 12));
  return [label, link, shown.text && el("div", {}, shown.text)];
}

async function choose(state, shown, choice) {
  const act = { name: "choose", boxes: [], label: ["", ""] };
  await perform(state, act, { message: shown.id, choice: choice.id });
}

function messageActs(state, shown) {
  const acts = state.platform.acts.filter((act) => act.on === "message" && act.name !== "choose");
  const quote = state.platform.quotes ? [[t("quote"), () => state.replyTo(shown)]] : [];
  return [...quote, ...acts.map((act) => [own(act.label), () => perform(state, act, { message: shown.id })])];
}
