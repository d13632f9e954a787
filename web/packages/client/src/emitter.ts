/** Listeners by name. `on` answers with the way to stop listening. */
export class Emitter<Events extends object> {
  private readonly listeners: { [Name in keyof Events]?: Set<(detail: Events[Name]) => void> } = {}

  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): () => void {
    const set = (this.listeners[name] ??= new Set())
    set.add(listener)
    return () => set.delete(listener)
  }

  protected emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    this.listeners[name]?.forEach((listener) => listener(detail))
  }
}
