import jsonata from 'jsonata'

// Parses while somebody types, away from the page. Nothing is evaluated here: that is done by the server's cage.

export type Parsing = { readonly id: number; readonly text: string }
export type ParsedHere = {
  readonly id: number
  readonly fault: { readonly position: number; readonly message: string } | undefined
}

self.addEventListener('message', ({ data }: MessageEvent<Parsing>) => {
  postMessage({ id: data.id, fault: faultOf(data.text) } satisfies ParsedHere)
})

function faultOf(text: string): ParsedHere['fault'] {
  if (text.trim() === '') return undefined
  try {
    jsonata(text)
    return undefined
  } catch (error) {
    const { position, message } = Object(error)
    return {
      position: typeof position === 'number' ? Math.max(0, position - 1) : text.length,
      message: typeof message === 'string' ? message : 'This cannot be read as an expression.',
    }
  }
}
