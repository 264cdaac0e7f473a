/** Bytes as nobody's browser sends them, and which answers are right. Every one of them must be one, before the close. */
export type BrokenHttp = {
  readonly what: string
  readonly bytes: string
  /** Status of each answer, in turn; none: the connection is closed without a word. */
  readonly answers: readonly number[]
}

const PATH = '/api/v1/session'
/** What a smuggler wants to be taken for a request of somebody else: answered by 200, so it would be seen. */
const SMUGGLED = 'GET /api/v1/health/live HTTP/1.1\r\nhost: a\r\n\r\n'
const post = (headers: string, body = '') =>
  `POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`
const get = (headers: string, body = '') => `GET /api/v1/me HTTP/1.1\r\nhost: a\r\n${headers}\r\n\r\n${body}`
const chunked = (body: string) => post('transfer-encoding: chunked', body)

/** RFC 9112: 2.2 (line ends), 3 (request line), 3.2 (host), 5.2 (folding), 6.1 and 6.3 (lengths), 7.1 (chunks). */
export const BROKEN_HTTP: readonly BrokenHttp[] = [
  { what: 'no HTTP at all', bytes: 'nonsense\r\n\r\n', answers: [400] },
  { what: 'the beginning of TLS', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', answers: [400] },
  { what: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', answers: [400] },
  { what: 'a version that there is not', bytes: 'GET / HTTP/9.9\r\n\r\n', answers: [400] },
  { what: 'a version of one number', bytes: 'GET / HTTP/1\r\nhost: a\r\n\r\n', answers: [400] },
  { what: 'no version (HTTP/0.9)', bytes: 'GET /api/v1/none\r\n\r\n', answers: [404] },
  { what: 'a method that there is not', bytes: 'FETCH / HTTP/1.1\r\nhost: a\r\n\r\n', answers: [400] },
  { what: 'a method in small letters', bytes: 'get / HTTP/1.1\r\nhost: a\r\n\r\n', answers: [400] },
  { what: 'a blank in the address', bytes: 'GET /a b HTTP/1.1\r\nhost: a\r\n\r\n', answers: [400] },
  { what: 'a zero byte in the address', bytes: 'GET /a\0b HTTP/1.1\r\nhost: a\r\n\r\n', answers: [400] },
  { what: 'no host', bytes: 'GET /api/v1/me HTTP/1.1\r\n\r\n', answers: [400] },
  { what: 'two hosts', bytes: get('host: b'), answers: [400] },
  { what: 'one host named twice', bytes: get('Host: a'), answers: [400] },
  {
    what: 'both lengths',
    bytes: post('content-length: 5\r\ntransfer-encoding: chunked', `0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'both lengths, the other way round',
    bytes: post('transfer-encoding: chunked\r\ncontent-length: 4', `0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'two lengths that differ',
    bytes: post('content-length: 2\r\ncontent-length: 60', `{}${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'one length named twice',
    bytes: post('content-length: 2\r\ncontent-length: 2', `{}${SMUGGLED}`),
    answers: [400],
  },
  { what: 'a list of lengths', bytes: post('content-length: 2, 2', `{}${SMUGGLED}`), answers: [400] },
  { what: 'a length below zero', bytes: post('content-length: -2', `{}${SMUGGLED}`), answers: [400] },
  { what: 'a length with a sign', bytes: post('content-length: +2', `{}${SMUGGLED}`), answers: [400] },
  { what: 'a length in hexadecimal', bytes: post('content-length: 0x2', `{}${SMUGGLED}`), answers: [400] },
  { what: 'a length beyond all numbers', bytes: post(`content-length: ${'9'.repeat(30)}`, '{}'), answers: [400] },
  {
    what: 'chunked that is not the last coding',
    bytes: post('transfer-encoding: chunked, identity', `0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'a coding that there is not',
    bytes: post('transfer-encoding: xchunked', `0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'chunked behind a tab of its own',
    bytes: post('transfer-encoding: \x0bchunked', `0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'a blank before the colon',
    bytes: post('transfer-encoding : chunked', `0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  { what: 'a chunk whose length is no number', bytes: chunked(`zz\r\n{}\r\n0\r\n\r\n${SMUGGLED}`), answers: [400] },
  { what: 'a chunk with a length below zero', bytes: chunked(`-1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`), answers: [400] },
  {
    what: 'a chunk with a length beyond all numbers',
    bytes: chunked(`${'f'.repeat(20)}\r\n{}\r\n0\r\n\r\n`),
    answers: [400],
  },
  { what: 'a chunk longer than it says', bytes: chunked(`1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`), answers: [400] },
  {
    what: 'a chunk whose length ends in a bare line feed',
    bytes: chunked(`2\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  { what: 'a chunk whose end is bare line feeds', bytes: chunked(`2\r\n{}\n0\n\n${SMUGGLED}`), answers: [400] },
  {
    what: 'an extension of a chunk with a bare line feed',
    bytes: chunked(`2;a=\nx\r\n{}\r\n0\r\n\r\n${SMUGGLED}`),
    answers: [400],
  },
  {
    what: 'endless extensions of a chunk',
    bytes: chunked(`2;${'a'.repeat(40_000)}\r\n{}\r\n0\r\n\r\n`),
    answers: [400],
  },
  { what: 'a header that goes on in the next line', bytes: get(`x: a\r\n b: c`), answers: [400] },
  {
    what: 'a length that goes on in the next line',
    bytes: post('content-length: 2\r\n 0', `{}${SMUGGLED}`),
    answers: [400],
  },
  { what: 'headers that end in bare line feeds', bytes: 'GET /api/v1/me HTTP/1.1\nhost: a\nx: y\n\n', answers: [400] },
  { what: 'a header with a bare carriage return', bytes: get('x: a\rtransfer-encoding: chunked'), answers: [400] },
  { what: 'a header with a zero byte', bytes: get('x: a\0b'), answers: [400] },
  { what: 'a header without a name', bytes: get(': a'), answers: [400] },
  { what: 'a header without a colon', bytes: get('nonsense'), answers: [400] },
  { what: 'one header of 40 kB', bytes: get(`x: ${'y'.repeat(40_000)}`), answers: [431] },
  {
    what: 'a thousand headers',
    bytes: get(Array.from({ length: 1000 }, (_, at) => `x-${at}: ${'y'.repeat(30)}`).join('\r\n')),
    answers: [431],
  },
  { what: 'an address of 40 kB', bytes: `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, answers: [431] },
]
