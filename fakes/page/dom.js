// Elements without a framework, calls to the control interface, small dialogues.

import { own, t } from "./words.js";

/** el("p", {class, onclick, …}, children…): strings become text, never markup. */
export function el(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const $ = (id) => document.getElementById(id);

let hiding = 0;
export function tell(text) {
  $("said").textContent = text;
  $("said").classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => $("said").classList.remove("shown"), 2400);
}

/** The answer's JSON; a refusal is told and thrown. */
export async function call(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/_/${path}`, options);
  const value = await answer.json();
  if (!answer.ok) {
    tell(value.problem || value.detail || String(answer.status));
    throw new Error(value.problem || value.detail);
  }
  return value;
}

export function field(label, input, help = "") {
  return el("label", { class: "field" }, el("span", {}, label), input, help && el("small", {}, help));
}

/** A box of a platform's as an input. */
export function boxInput(box, value) {
  if (!box.options.length) return el("input", { class: "mono", name: box.name, value, autocomplete: "off", spellcheck: "false" });
  const select = el("select", { name: box.name }, box.options.map((option) => el("option", { value: option }, option)));
  select.value = value;
  return select;
}

export const valuesOf = (form) => Object.fromEntries(new FormData(form));

/** Ask for the boxes' values; null when she thinks better of it. */
export function ask(title, boxes) {
  return new Promise((resolve) => {
    const dialog = $("ask");
    const close = (value) => { dialog.close(); resolve(value); };
    const form = el("form", { onsubmit: (event) => { event.preventDefault(); close(valuesOf(form)); } },
      el("h2", {}, title),
      boxes.map((box) => field(own(box.label), boxInput(box, box.value), own(box.help))),
      el("div", { class: "row" },
        el("button", { type: "button", onclick: () => close(null) }, t("cancel")),
        el("button", { class: "main" }, t("ok"))));
    dialog.replaceChildren(form);
    dialog.oncancel = () => resolve(null);
    dialog.showModal();
  });
}

/** Choose one of [label, run]. */
export function menu(entries) {
  const dialog = $("ask");
  const close = () => dialog.close();
  dialog.oncancel = null;
  dialog.replaceChildren(el("div", { class: "menu" },
    entries.map(([label, run]) => el("button", { class: "bare", onclick: () => { close(); run(); } }, label)),
    el("button", { class: "bare", onclick: close }, t("cancel"))));
  dialog.showModal();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  tell(t("copied"));
}
