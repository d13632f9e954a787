/** Has the browser keep what is at `address`, under `name` where the address does not say another one. */
export function fetchAs(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}
