// The contract as a page reads it.

interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  required?: string[]
  oneOf?: Schema[]
  anyOf?: Schema[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  default?: unknown
}
interface Parameter {
  name: string
  in: string
  required?: boolean
  schema?: Schema
}
interface Body {
  content?: Record<string, { schema?: Schema }>
  description?: string
}
interface RawOperation {
  operationId: string
  description?: string
  tags?: string[]
  parameters?: Parameter[]
  requestBody?: Body
  responses: Record<string, Body>
  security?: Record<string, unknown>[]
  'x-permission'?: string
}
export interface Contract {
  info: { version: string; description?: string }
  paths: Record<string, Record<string, RawOperation>>
  components: { schemas: Record<string, Schema> }
}

/** `right` a key needs; null: keys cannot call it. */
export interface Operation {
  id: string
  room: string
  method: string
  path: string
  text: string
  right: string | null
  raw: RawOperation
}
/** A field of a body, `depth` levels within it. */
export interface FieldLine {
  name: string
  depth: number
  type: string
  required: boolean
  text: string
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const DEEPEST = 4

/** What a key can call, in the order of the contract. */
export function operationsOf({ paths }: Contract): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const raw = methods[method]
      if (!raw?.['x-permission']) return []
      return [{ id: raw.operationId, room: raw.tags?.[0] ?? '', method: method.toUpperCase(), path, text: raw.description ?? '', right: raw['x-permission'], raw }]
    }),
  )
}

/** Those with every word of `query` in them, by room. */
export function found(operations: Operation[], query: string): [string, Operation[]][] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const rooms = new Map<string, Operation[]>()
  for (const one of operations) {
    const text = `${one.method} ${one.path} ${one.id} ${one.text} ${one.right}`.toLowerCase()
    if (words.every((word) => text.includes(word))) rooms.set(one.room, [...(rooms.get(one.room) ?? []), one])
  }
  return [...rooms]
}

const nameOf = (ref: string): string => ref.split('/').at(-1) ?? ref
const isNull = (schema: Schema): boolean => schema.type === 'null'

function resolved(contract: Contract, schema: Schema | undefined): Schema {
  let at = schema ?? {}
  for (let steps = 0; at.$ref && steps < 5; steps += 1) at = contract.components.schemas[nameOf(at.$ref)] ?? {}
  return at
}

/** In a few words: `string · uuid`, `Message[]`, `on | off`. */
export function typeOf(schema: Schema | undefined): string {
  if (!schema) return ''
  if (schema.$ref) return nameOf(schema.$ref).replace(/.*\./, '').replace(/_$/, '')
  const several = schema.oneOf ?? schema.anyOf
  if (several) return several.map((one) => (isNull(one) ? 'null' : typeOf(one))).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(String).join(' | ')
  if (schema.type === 'array') return `${typeOf(schema.items) || 'any'}[]`
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any')
  const bounds = [schema.minimum ?? schema.minLength, schema.maximum ?? schema.maxLength]
  const range = bounds.some((bound) => bound !== undefined) ? `${bounds[0] ?? ''}…${bounds[1] ?? ''}` : ''
  return [type, schema.format, range].filter(Boolean).join(' · ')
}

/** The fields of a body, those within others below them. */
export function fieldsOf(contract: Contract, schema: Schema | undefined, depth = 0, seen: string[] = []): FieldLine[] {
  const whole = resolved(contract, schema?.type === 'array' ? schema.items : schema)
  const properties = Object.entries(whole.properties ?? {})
  return properties.flatMap(([name, inner]) => {
    const choices = (inner.oneOf ?? inner.anyOf ?? [inner]).filter((one) => !isNull(one))
    const within = choices.length === 1 ? choices[0]! : {}
    const ref = within.$ref ?? within.items?.$ref ?? ''
    const line = { name, depth, type: typeOf(inner), required: whole.required?.includes(name) ?? false, text: inner.description ?? '' }
    const deeper = ref && depth < DEEPEST && !seen.includes(ref) ? fieldsOf(contract, within.items ?? within, depth + 1, [...seen, ref]) : []
    return [line, ...deeper]
  })
}

/** The schema of the JSON in a body or an answer. */
export const jsonOf = (body: Body | undefined): Schema | undefined => Object.values(body?.content ?? {})[0]?.schema

/** A call to copy. */
export function curlOf(address: string, operation: Operation): string {
  const lines = [`curl -X ${operation.method} '${address}${operation.path}'`, `  -H 'Authorization: Bearer kza_…'`]
  if (operation.raw.requestBody) lines.push(`  -H 'Content-Type: application/json'`, `  -d '{}'`)
  if (['POST', 'PATCH'].includes(operation.method)) lines.splice(2, 0, `  -H "Idempotency-Key: $(uuidgen)"`)
  return lines.join(' \\\n')
}
