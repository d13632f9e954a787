/** Puts the class on the page that picks the token values, now and when the system changes. */
export function followSystemScheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const wear = (): void => void (document.documentElement.className = dark.matches ? 'dark' : 'light')
  dark.addListener(wear)
  wear()
}

/** What is readable on an accent (`#rrggbb`) somebody chose: the pole with the higher contrast. */
export function inkOn(accent: string): string {
  const light = (at: number): number => (parseInt(accent.slice(at, at + 2), 16) / 255) ** 2.2
  return 0.2126 * light(1) + 0.7152 * light(3) + 0.0722 * light(5) > 0.179 ? 'black' : 'white'
}
