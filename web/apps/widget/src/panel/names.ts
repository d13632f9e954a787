/** The sign that stands for a name: a Chinese person's last character, the first one of everything else. */
export function initial(name: string): string {
  const signs = [...name]
  return (/^[\u3400-\u9fff]{2,3}$/.test(name) ? signs.pop()! : (signs[0] ?? '')).toUpperCase()
}
