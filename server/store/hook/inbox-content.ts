import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parseExact } from '../../../connectors/kit/json.ts'
import { type Keyring, open, seal } from '../key/secrets.ts'

/** What is kept of one event. With `id` and `at` a flow gets the whole as its record, else the body alone. */
export type EventContent = {
  readonly body: unknown
  readonly id?: string
  /** ISO 8601, UTC. */
  readonly at?: string
  readonly headers?: { readonly [name: string]: string }
}

/** Packing what is shorter costs more than it saves. In bytes. */
const PACK_FROM = 1_000
/** Bodies of hooks have at most 1 MB; this leaves room for what is kept beside them. */
const MOST_BYTES = 8_000_000

const place = (workspace: string, hook: string, event: string) => `inbox/${workspace}/${hook}/${event}`

/** Seals the JSON text of an event's content for its row. The first byte says whether it is packed. */
export function sealContent(keys: Keyring, workspace: string, hook: string, event: string, text: string): Buffer {
  const plain = Buffer.from(text)
  const packed = plain.length >= PACK_FROM
  const body = packed ? zstdCompressSync(plain) : plain
  return seal(keys, place(workspace, hook, event), Buffer.concat([Buffer.from([packed ? 1 : 0]), body]))
}

/** @throws SealBroken when the row was changed or moved. */
export function openContent(
  keys: Keyring,
  workspace: string,
  hook: string,
  event: string,
  sealed: Uint8Array,
): EventContent {
  const opened = open(keys, place(workspace, hook, event), sealed)
  const body = opened.subarray(1)
  const text = opened[0] === 1 ? zstdDecompressSync(body, { maxOutputLength: MOST_BYTES }) : body
  return parseExact(text.toString()) as EventContent // written by the intake
}
