/** One sound or film at a time, whichever began last. */
let playing: HTMLMediaElement | null = null

export function begins(media: HTMLMediaElement): void {
  if (playing !== media) playing?.pause()
  playing = media
}

export type MediaKind = 'audio' | 'video' | 'unplayable'

const PLAYABLE = new Set(['audio/mpeg', 'audio/wav', 'audio/mp4', 'audio/flac', 'audio/ogg', 'audio/webm', 'video/mp4', 'video/webm', 'video/quicktime'])

/** How a file is played; null where it is neither sound nor film. No browser plays AMR. */
export function mediaOf(type: string): MediaKind | null {
  if (!/^(audio|video)\//.test(type)) return null
  return PLAYABLE.has(type) ? (type.split('/')[0] as MediaKind) : 'unplayable'
}

/** "1:05". */
export function minutes(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
