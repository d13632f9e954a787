import type { Choice, Field, FieldKind } from '@kezhan/api'

export const kinds = ['text', 'long_text', 'choice', 'choices', 'tree', 'number', 'date', 'yes_no'] as const satisfies readonly FieldKind[]
export type Values = Record<string, unknown>

export const hasChoices = (kind: FieldKind): boolean => kind === 'choice' || kind === 'choices' || kind === 'tree'

export const newId = (): string => crypto.randomUUID().slice(0, 8)

/** A choice that has none below it, with the labels on the way to it. */
export interface Leaf {
  id: string
  path: string[]
}

export function leavesOf(choices: readonly Choice[] = [], above: readonly string[] = []): Leaf[] {
  return choices.flatMap((choice) => {
    const path = [...above, choice.label]
    return choice.children?.length ? leavesOf(choice.children, path) : [{ id: choice.id, path }]
  })
}

const BETWEEN = ' > '

/** Choices as they are written down: one a line, the way to it before it. */
export const asLines = (choices: readonly Choice[] = []): string => leavesOf(choices).map(({ path }) => path.join(BETWEEN)).join('\n')

/** What is written down as choices; one that was there before keeps its id, so that old answers count on. */
export function fromLines(text: string, before: readonly Choice[] = []): Choice[] {
  const found: Choice[] = []
  for (const line of text.split('\n')) {
    const path = line.split('>').map((part) => part.trim()).filter(Boolean)
    let [here, known]: [Choice[], readonly Choice[]] = [found, before]
    for (const label of path) {
      const old = known.find((one) => one.label === label)
      let at = here.find((one) => one.label === label)
      if (!at) here.push((at = { id: old?.id ?? newId(), label, children: [] }))
      here = at.children ??= []
      known = old?.children ?? []
    }
  }
  return found
}

/** An answer in words; empty where there is none. */
export function saidOf(field: Field, value: unknown, yes: string, no: string): string {
  if (value === undefined || value === null) return ''
  if (field.kind === 'yes_no') return value === true ? yes : no
  if (!hasChoices(field.kind)) return String(value)
  const leaves = leavesOf(field.choices)
  const wanted = Array.isArray(value) ? value : [value]
  return wanted.flatMap((id) => leaves.find((leaf) => leaf.id === id)?.path.join(' / ') ?? []).join('、')
}

/** Without what is empty. */
export const given = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && !value.length)))
