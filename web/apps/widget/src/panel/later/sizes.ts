const [WIDEST, HIGHEST] = [240, 260]

/** The size on screen, known before the picture is there, so that nothing moves when it comes. */
export function boxOf(width: number, height: number): { width: string; height: string } {
  const scale = Math.min(1, WIDEST / width, HIGHEST / height)
  return { width: `${Math.max(64, Math.round(width * scale))}px`, height: `${Math.max(40, Math.round(height * scale))}px` }
}

export function sizeOf(bytes: number): string {
  const kilo = bytes / 1024
  return kilo < 1000 ? `${Math.max(1, Math.round(kilo))} KB` : `${(kilo / 1024).toFixed(1)} MB`
}
