import type { WorkspaceEvent, WorkspaceFrame } from '@kezhan/api'
import * as api from '@kezhan/api'
import { expect } from 'vitest'

// The network, played. Every answer is typed by the contract; what nobody has an answer for is kept, to fail the test.

type Api = typeof api
export type Call = { [K in keyof Api]: Api[K] extends (...args: never[]) => Promise<unknown> ? K : never }[keyof Api]
export type Answer<N extends Call> = Exclude<Awaited<ReturnType<Api[N]>>['data'], undefined>
type Given<N extends Call> = NonNullable<Parameters<Api[N]>[0]>
type Part<T, K extends string> = K extends keyof T ? T[K] : undefined

/** One request of the page, as the server reads it. */
export interface Asked<N extends Call> {
  path: Part<Given<N>, 'path'>
  query: Record<string, string>
  body: Part<Given<N>, 'body'>
  headers: Headers
}

export interface Problem {
  status: number
  code: string
  title: string
  field?: string
  trace?: string
}

interface Route {
  name: Call
  method: string
  pattern: RegExp
  keys: string[]
}

/** Method and address of each call, told by the generated code itself. */
function routeOf(name: Call): Route {
  let method = ''
  let url = ''
  const ear = new Proxy({}, {
    get: (_, verb: string) => (options: { url: string }) => {
      method = verb.toUpperCase()
      url = options.url
      return Promise.resolve({})
    },
  })
  void (api[name] as (options: unknown) => unknown)({ client: ear })
  const keys = [...url.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!)
  return { name, method, keys, pattern: new RegExp(`^${url.replace(/\{\w+\}/g, '([^/]+)')}$`) }
}

const routes = Object.keys(api)
  .filter((name): name is Call => typeof api[name as keyof Api] === 'function')
  .map(routeOf)
  // A word of its own goes before a hole that it would fit.
  .sort((one, other) => one.keys.length - other.keys.length)

type Play = (asked: Asked<Call>) => unknown

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

class Unreachable extends Error {}

/** One file on its way to the server; the test says how it goes on. */
export class Upload {
  aborted = false
  constructor(
    readonly file: File,
    private readonly request: PlayedUpload,
  ) {}
  progress = (part: number): void => this.request.upload.onprogress?.({ loaded: part * 100, total: 100 })
  done = (answer: Answer<'filesUpload'>): void => this.request.answer(201, answer)
  refuse = (problem: Problem): void => this.request.answer(problem.status, problem)
  breaks = (): void => this.request.onerror?.()
}

/** XMLHttpRequest, as far as uploads use it. */
export class PlayedUpload {
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {}
  onerror?: () => void
  onabort?: () => void
  onload?: () => void
  status = 0
  response: unknown = null
  responseType = ''
  private under: Upload | null = null
  open(method: string, path: string): void {
    expect(`${method} ${path}`).toBe('POST /api/files')
  }
  setRequestHeader(name: string, value: string): void {
    net.uploadHeaders.set(name, value)
  }
  send(body: FormData): void {
    this.under = new Upload(body.get('file') as File, this)
    net.uploads.push(this.under)
  }
  abort(): void {
    if (this.under) this.under.aborted = true
    this.onabort?.()
  }
  answer(status: number, body: unknown): void {
    Object.assign(this, { status, response: body })
    this.onload?.()
  }
}

/** The workbench's socket, as the server holds it. */
export class PlayedSocket {
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor(readonly url: string) {
    net.sockets.push(this)
    if (net.lineUp) queueMicrotask(() => this.open())
  }
  open(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.onopen?.()
  }
  send(text: string): void {
    const frame = JSON.parse(text) as WorkspaceFrame
    net.said.push(frame)
    if (frame.type === 'lists') net.tell({ type: 'lists', epoch: 'e1', rev: frame.rev ?? 0, resync: false })
  }
  close(): void {
    this.readyState = 3
  }
  end(code: number): void {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

/** The network of one test: what the server answers, what it was asked, and its end of the socket. */
export class Net {
  readonly sockets: PlayedSocket[] = []
  readonly uploads: Upload[] = []
  readonly uploadHeaders = new Headers()
  /** Frames the desk has sent, oldest first. */
  readonly said: WorkspaceFrame[] = []
  /** What nobody had an answer for. */
  readonly unknown: string[] = []
  /** Whether a new socket opens by itself. */
  lineUp = true
  private readonly plays = new Map<Call, Play>()
  private readonly heard: { name: Call; asked: Asked<Call> }[] = []

  /** From now on `name` is answered so; undefined: nothing to say (204). */
  answers<N extends Call>(name: N, answer: Answer<N> | ((asked: Asked<N>) => Answer<N> | Promise<Answer<N>>)): void {
    this.plays.set(name, typeof answer === 'function' ? (answer as Play) : () => answer)
  }

  /** `name` is answered so where nothing else was played before. */
  answersIfSilent<N extends Call>(name: N, answer: Answer<N> | ((asked: Asked<N>) => Answer<N>)): void {
    if (!this.plays.has(name)) this.answers(name, answer)
  }

  /** `name` is refused where nothing else was played before. */
  refusesIfSilent(name: Call, problem: Problem): void {
    if (!this.plays.has(name)) this.refuses(name, problem)
  }

  /** From now on `name` is refused. */
  refuses(name: Call, problem: Problem): void {
    this.plays.set(name, () => {
      throw new Refused(problem)
    })
  }

  /** From now on the server cannot be reached for `name`. */
  breaks(name: Call): void {
    this.plays.set(name, () => {
      throw new Unreachable()
    })
  }

  /** `name` is under way until the returned function is called with its answer. */
  holds<N extends Call>(name: N): (answer: Answer<N>) => void {
    let tell: (answer: Answer<N>) => void = () => {}
    const answer = new Promise<Answer<N>>((resolve) => (tell = resolve))
    this.plays.set(name, () => answer)
    return tell
  }

  /** Every request made for `name`, oldest first. */
  asked<N extends Call>(name: N): Asked<N>[] {
    return this.heard.filter((one) => one.name === name).map((one) => one.asked as unknown as Asked<N>)
  }

  /** Frames of one type the desk has sent. */
  saidOf<T extends WorkspaceFrame['type']>(type: T): Extract<WorkspaceFrame, { type: T }>[] {
    return this.said.filter((frame): frame is Extract<WorkspaceFrame, { type: T }> => frame.type === type)
  }

  /** The server says `event` on the socket in use. */
  tell(event: WorkspaceEvent): void {
    this.sockets.at(-1)?.onmessage?.({ data: JSON.stringify(event) })
  }

  readonly fetch = async (given: Request | string | URL, init?: RequestInit): Promise<Response> => {
    const request = given instanceof Request ? given : new Request(new URL(given, location.origin), init)
    const { pathname, searchParams } = new URL(request.url)
    for (const { name, method, pattern, keys } of routes) {
      const found = method === request.method && pattern.exec(pathname)
      const play = this.plays.get(name)
      if (!found || !play) continue
      const text = await request.text()
      const path = Object.fromEntries(keys.map((key, at) => [key, decodeURIComponent(found[at + 1]!)]))
      const body: unknown = text ? JSON.parse(text) : undefined
      const asked = { path, query: Object.fromEntries(searchParams), body, headers: request.headers } as never
      this.heard.push({ name, asked })
      return this.reply(play, asked)
    }
    this.unknown.push(`${request.method} ${pathname}`)
    throw new TypeError('nobody plays this')
  }

  private async reply(play: Play, asked: Asked<Call>): Promise<Response> {
    const json = (status: number, body: unknown): Response =>
      new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
    try {
      const answer = await play(asked)
      return answer === undefined ? new Response(null, { status: 204 }) : json(200, answer)
    } catch (thrown) {
      if (thrown instanceof Refused) return json(thrown.problem.status, thrown.problem)
      throw thrown instanceof Unreachable ? new TypeError('failed to fetch') : thrown
    }
  }
}

/** The network of the test that runs. */
export let net: Net = new Net()

export function freshNet(): void {
  net = new Net()
}
