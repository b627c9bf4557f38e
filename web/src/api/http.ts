// The one fetch wrapper: CSRF header, problem+json errors, idempotency keys and the password step-up. Pages never call
// fetch themselves.
import type { ProblemBody } from './types'

export class Problem extends Error {
  constructor(
    public readonly status: number,
    public readonly code: string,
    detail: string,
    public readonly body: Partial<ProblemBody> = {},
    public readonly retryAfterS: number | null = null,
  ) {
    super(detail)
  }
}

export const base = '/api/v1'

/** Asks the person for the password; resolves true when the session was confirmed. Set by the step-up dialog. */
let stepUp: (() => Promise<boolean>) | null = null
export function onPasswordNeeded(handler: () => Promise<boolean>) {
  stepUp = handler
}

/** Called when the session has ended, so that the app can show the sign-in page. Set by the router. */
let signedOut: (() => void) | null = null
export function onSignedOut(handler: () => void) {
  signedOut = handler
}

interface Options {
  query?: Record<string, string | number | boolean | null | undefined>
  /** Made once per form, so that pressing Send twice creates one thing. */
  idempotencyKey?: string
  /** The body is text of this kind instead of JSON. */
  text?: string
  /** The session probe itself must not lead to the sign-in page. */
  quiet401?: boolean
  signal?: AbortSignal
}

export function queryString(query: Options['query']): string {
  const entries = Object.entries(query ?? {}).filter(([, v]) => v !== undefined && v !== null && v !== '')
  return entries.length ? `?${new URLSearchParams(entries.map(([k, v]) => [k, String(v)])).toString()}` : ''
}

export async function toProblem(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get('retry-after'))
  let body: Partial<ProblemBody> = {}
  try {
    body = (await response.json()) as ProblemBody
  } catch {
    // A proxy in between may answer with HTML; the status alone has to do.
  }
  return new Problem(
    response.status,
    body.code ?? `http_${response.status}`,
    body.detail ?? body.title ?? '',
    body,
    Number.isFinite(retry) && retry > 0 ? retry : null,
  )
}

async function once(method: string, path: string, body: unknown, options: Options): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET') headers['x-imprimatur'] = '1'
  if (body !== undefined) headers['content-type'] = options.text ?? 'application/json'
  if (options.idempotencyKey) headers['idempotency-key'] = options.idempotencyKey
  try {
    return await fetch(`${base}${path}${queryString(options.query)}`, {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? undefined : options.text ? (body as BodyInit) : JSON.stringify(body),
      signal: options.signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, 'no_connection', '')
  }
}

async function request<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  let response = await once(method, path, body, options)
  if (!response.ok) {
    let problem = await toProblem(response)
    // Step-up: ask the password once, then repeat the very same call.
    if (problem.code === 'password_needed' && stepUp && (await stepUp())) {
      response = await once(method, path, body, options)
      if (!response.ok) problem = await toProblem(response)
    }
    if (!response.ok) {
      if (problem.status === 401 && !options.quiet401) signedOut?.()
      throw problem
    }
  }
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, options?: Options) => request<T>('GET', path, undefined, options)
export const post = <T>(path: string, body: unknown = {}, options?: Options) => request<T>('POST', path, body, options)
export const put = <T>(path: string, body?: unknown, options?: Options) => request<T>('PUT', path, body, options)
export const patch = <T>(path: string, body: unknown, options?: Options) => request<T>('PATCH', path, body, options)
export const del = <T>(path: string, options?: Options) => request<T>('DELETE', path, undefined, options)

export const newKey = () =>
  // randomUUID exists only on https and localhost; a lab may well run on plain http in its own network.
  typeof crypto.randomUUID === 'function'
    ? crypto.randomUUID()
    : '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) =>
        (Number(c) ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (Number(c) / 4)))).toString(16),
      )
