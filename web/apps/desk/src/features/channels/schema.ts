/** What a form shows for one field of a channel's settings, read from the JSON schema the server draws. */
export interface Field {
  name: string
  label: string
  help: string
  control: 'text' | 'area' | 'url' | 'number' | 'colour' | 'switch' | 'choice' | 'choices' | 'lines'
  options: { value: string; label: string }[]
  /** The longest text, or the largest number. */
  most: number | undefined
  /** The smallest number. */
  least: number | undefined
  required: boolean
  /** Most people leave it as it is. */
  advanced: boolean
  fallback: unknown
}

type Schema = Record<string, unknown>

const asSchema = (value: unknown): Schema => (typeof value === 'object' && value !== null ? (value as Schema) : {})
const asTexts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [])
const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

function controlOf(schema: Schema): Field['control'] {
  if (schema.type === 'boolean') return 'switch'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.enum) return 'choice'
  if (schema.type === 'array') return asSchema(schema.items).enum ? 'choices' : 'lines'
  const formats: Record<string, Field['control']> = { color: 'colour', textarea: 'area', uri: 'url' }
  return formats[String(schema.format)] ?? 'text'
}

/** The fields in the order of the form. What this build cannot draw is shown as text. */
export function fieldsOf(schema: Schema): Field[] {
  const properties = asSchema(schema.properties)
  const order = asTexts(schema['x-order'])
  const required = asTexts(schema.required)
  return (order.length ? order : Object.keys(properties)).map((name) => {
    const one = asSchema(properties[name])
    const words = asSchema(one['x-options'])
    const values = asTexts(one.enum ?? asSchema(one.items).enum)
    return {
      name,
      label: String(one.title ?? name),
      help: String(one.description ?? ''),
      control: controlOf(one),
      options: values.map((value) => ({ value, label: String(words[value] ?? value) })),
      most: asNumber(one.maxLength) ?? asNumber(one.maximum),
      least: asNumber(one.minimum),
      required: required.includes(name),
      advanced: one['x-advanced'] === true,
      fallback: one.default,
    }
  })
}

// Not structuredClone: what a query holds is reactive, and settings are plain JSON.
const copied = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const EMPTY: Partial<Record<Field['control'], unknown>> = { switch: false, choices: [], lines: [], number: 0 }

/** The values of a form: what is stored, else the schema's own default. */
export function valuesOf(fields: readonly Field[], stored: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, fallback, control }) => [name, copied(stored[name] ?? fallback ?? EMPTY[control] ?? '')]))
}

/** Black or white, whichever is easier to read on `colour` (`#rrggbb`). */
export function readableOn(colour: string): 'black' | 'white' {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
  const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number]
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? 'black' : 'white'
}
