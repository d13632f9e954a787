const K = new Uint32Array(64)
const FIRST = new Uint32Array(8)

/** The first bits of the fractions of roots of primes, as SHA-256 has them. */
function constants(): void {
  const bits = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) >>> 0
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true
    for (let by = 2; by * by <= n; by++) if (n % by === 0) prime = false
    if (!prime) continue
    if (found < 8) FIRST[found] = bits(Math.sqrt(n))
    K[found++] = bits(Math.cbrt(n))
  }
}

/** SHA-256 of ASCII text, in 32-bit words. `crypto.subtle` is missing on plain http, and slower one by one. */
export function sha256(text: string): Uint32Array {
  if (!K[0]) constants()
  const length = text.length
  const words = new Uint32Array((((length + 8) >> 6) + 1) * 16)
  for (let i = 0; i < length; i++) words[i >> 2]! |= text.charCodeAt(i) << (24 - (i & 3) * 8)
  words[length >> 2]! |= 0x80 << (24 - (length & 3) * 8)
  words[words.length - 1] = length * 8
  const state = FIRST.slice()
  const w = new Uint32Array(64)
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      if (i < 16) w[i] = words[block + i]!
      else {
        const x = w[i - 15]!
        const y = w[i - 2]!
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
        w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
      }
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    ;[a, b, c, d, e, f, g, h].forEach((value, i) => (state[i]! += value))
  }
  return state
}

/** The first number with which the hash of `token:number` begins with `bits` zero bits; `bits` is at most 32. */
export function solve(token: string, bits: number): string {
  for (let number = 0; ; number++) if (Math.clz32(sha256(`${token}:${number}`)[0]!) >= bits) return String(number)
}
