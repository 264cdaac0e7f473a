/** The package has no types of its own. */
declare module 'escher-auth' {
  export type Signed = { method: string; host: string; url: string; headers: [string, string][] }

  export default class Escher {
    constructor(config: { readonly [option: string]: string | number })
    /** Adds the date and the signature to the headers. */
    signRequest(request: Signed, body: string, headersToSign?: readonly string[]): Signed
  }
}
