import { useStorage } from '@vueuse/core'

const wanted = useStorage('kz.offer.sound', false)

/** Whether a new offer is heard on this device; silent unless asked for. */
export const chimeWanted = wanted

/** Two soft tones; a browser that has not been touched yet stays silent. */
export function chime(): void {
  if (!wanted.value || typeof AudioContext === 'undefined') return
  const context = new AudioContext()
  for (const [at, pitch] of [[0, 660], [0.14, 880]] as const) {
    const tone = context.createOscillator()
    const loudness = context.createGain()
    tone.frequency.value = pitch
    loudness.gain.setValueAtTime(0.12, context.currentTime + at)
    loudness.gain.exponentialRampToValueAtTime(0.001, context.currentTime + at + 0.3)
    tone.connect(loudness).connect(context.destination)
    tone.start(context.currentTime + at)
    tone.stop(context.currentTime + at + 0.3)
  }
  setTimeout(() => void context.close(), 1000)
}
