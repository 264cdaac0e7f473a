import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { type Keyring, open, seal } from '../key/secrets.ts'

const place = (workspace: string, call: string) => `calls/${workspace}/${call}`

/** What a call sends, by position: zstd, sealed for the place of the call. */
export function sealContent(keys: Keyring, workspace: string, call: string, values: readonly DataRecord[]): Buffer {
  return seal(keys, place(workspace, call), zstdCompressSync(JSON.stringify(values)))
}

export function openContent(
  keys: Keyring,
  workspace: string,
  call: string,
  content: Buffer | null,
): readonly DataRecord[] {
  if (content === null) return []
  // Written by sealContent.
  return JSON.parse(zstdDecompressSync(open(keys, place(workspace, call), content)).toString()) as DataRecord[]
}
