import { API } from '../contract/paths.ts'

/** Calls the product's own API, as anybody could. */
export type Caller = <T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown) => Promise<T>

/** `login` is a session cookie or an API token. */
export function createCaller(url: string, login: () => { readonly [header: string]: string }): Caller {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${API}${path}`, {
      method,
      headers: { ...login(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
    // The API's own contract says what comes back.
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}
