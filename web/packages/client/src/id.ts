/** A UUIDv7. `crypto.randomUUID` exists on secure pages and in newer browsers only. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10))
  const dice = [...bytes].map((byte) => (byte + 256).toString(16).slice(1)).join('')
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time}7${dice.slice(0, 3)}${'89ab'[bytes[9]! & 3]}${dice.slice(3, 18)}`.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
