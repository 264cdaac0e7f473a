import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { type End, unreadable } from './backup-format.ts'

// A backup ends with a keyed hash of all that stands before its last line. Whoever does not have the secret key can change
// no row of it unseen: put no owner into it, take no audit entry out.

/** Longer than any last line, in bytes. */
const LAST = 4_096

export const proofKey = (secretKey: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'tieline/backup-proof', 32))

export const newProof = (key: Uint8Array) => createHmac('sha256', key)

/**
 * Reads the whole file, before anything of it is used. `none`: it was made before backups had a proof.
 * Any of the keys may have made it: while one takes the place of another there are two.
 * @throws DatabaseError BACKUP_UNREADABLE
 */
export async function proofOf(file: string, keys: readonly Uint8Array[]): Promise<'right' | 'wrong' | 'none'> {
  const proofs = keys.map(newProof)
  let held: Buffer = Buffer.alloc(0)
  try {
    await pipeline(createReadStream(file), createZstdDecompress(), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        const seen = Buffer.concat([held, chunk])
        const upTo = Math.max(0, seen.length - LAST)
        for (const proof of proofs) proof.update(seen.subarray(0, upTo))
        held = seen.subarray(upTo)
      }
    })
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error), error)
  }
  const last = held.lastIndexOf(10, held.length - 2) + 1
  const said = proofIn(held.subarray(last).toString())
  if (said === undefined) return 'none'
  const fits = proofs.some((proof) => {
    const right = proof.update(held.subarray(0, last)).digest()
    return said.length === right.length && timingSafeEqual(said, right)
  })
  return fits ? 'right' : 'wrong'
}

function proofIn(line: string): Buffer | undefined {
  try {
    const { proof } = JSON.parse(line) as Partial<End> // it may be anything: looked at in the next line
    return typeof proof === 'string' ? Buffer.from(proof, 'hex') : undefined
  } catch {
    return undefined
  }
}
