import type { Kinds } from '@kezhan/api'

/** [seconds from the start, pitch in hertz, how long it takes to fade] of each tone. */
type Tones = readonly (readonly [number, number, number])[]

const MELODIES: Record<keyof Kinds, Tones> = {
  offer: [[0, 660, 0.3], [0.14, 880, 0.4]],
  message: [[0, 587, 0.18]],
  mention: [[0, 784, 0.14], [0.1, 784, 0.22]],
  transfer: [[0, 880, 0.3], [0.14, 660, 0.4]],
  invite: [[0, 523, 0.2], [0.12, 659, 0.3]],
  alert: [[0, 440, 0.25], [0.22, 440, 0.25], [0.44, 349, 0.5]],
}
const LOUDEST = 0.25
let context: AudioContext | null = null

/** Plays the tones of `kind`; `volume` from 0 to 100. A browser whose page nobody has touched yet stays silent. */
export async function play(kind: keyof Kinds, volume: number): Promise<void> {
  if (typeof AudioContext === 'undefined' || volume <= 0) return
  context ??= new AudioContext()
  if (context.state === 'suspended') await context.resume().catch(() => undefined)
  if (context.state !== 'running') return
  for (const [at, pitch, fade] of MELODIES[kind]) {
    const [tone, loudness, start] = [context.createOscillator(), context.createGain(), context.currentTime + at]
    tone.frequency.value = pitch
    // What is heard doubles with the square.
    loudness.gain.setValueAtTime(Math.max(0.001, LOUDEST * (volume / 100) ** 2), start)
    loudness.gain.exponentialRampToValueAtTime(0.0005, start + fade)
    tone.connect(loudness).connect(context.destination)
    tone.start(start)
    tone.stop(start + fade)
  }
}
