import { createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto'
import { canonical } from './chain.ts'

/** Where a chain stood at a moment, signed: kept outside the database, it shows a chain that was made anew or cut short. */
export type Anchor = {
  readonly at: string
  readonly workspace: string
  readonly sequence: number
  readonly hash: string
  /** Ed25519 over the other fields, base64. */
  readonly signature: string
}

// RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS #8 and in a SubjectPublicKeyInfo.
const PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC = Buffer.from('302a300506032b6570032100', 'hex')

const privateKey = (root: Buffer) =>
  createPrivateKey({
    key: Buffer.concat([PRIVATE, Buffer.from(hkdfSync('sha256', root, '', 'tieline/audit-anchor', 32))]),
    format: 'der',
    type: 'pkcs8',
  })

/** What is needed to check anchors, hexadecimal: no secret. */
export function anchorKey(root: Buffer): string {
  return createPublicKey(privateKey(root))
    .export({ format: 'der', type: 'spki' })
    .subarray(PUBLIC.length)
    .toString('hex')
}

const textOf = ({ at, workspace, sequence, hash }: Omit<Anchor, 'signature'>): Buffer =>
  Buffer.from(canonical({ at, workspace, sequence, hash }))

export function signAnchor(root: Buffer, head: Omit<Anchor, 'signature'>): Anchor {
  return { ...head, signature: sign(null, textOf(head), privateKey(root)).toString('base64') }
}

export function isGenuine(key: string, anchor: Anchor): boolean {
  const spki = Buffer.concat([PUBLIC, Buffer.from(key, 'hex')])
  return verify(
    null,
    textOf(anchor),
    createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    Buffer.from(anchor.signature, 'base64'),
  )
}
