import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Values of the light scheme for scripts that lay something over a foreign page, where no style sheet of ours is: `TOKEN.<name>`. */
export function tokens(): Record<string, string> {
  const path = fileURLToPath(new URL('../../packages/ui/tokens.css', import.meta.url))
  const css = readFileSync(path, 'utf8').replace(/\.dark \{[^}]*\}/, '')
  const pairs = [...css.matchAll(/--kz-([a-z0-9-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!])
  return Object.fromEntries(pairs.map(([name, value]) => [`TOKEN.${name!.replace(/^\d/, 'grid_$&').replaceAll('-', '_')}`, JSON.stringify(value)]))
}
