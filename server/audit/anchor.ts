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

/** Says, signed with a key, that an earlier key was this installation's too: anchors of that one count as well. */
export type Handover = { readonly at: string; readonly earlier: string; readonly signature: string }

const handoverText = ({ at, earlier }: Omit<Handover, 'signature'>): Buffer => Buffer.from(canonical({ at, earlier }))

/** @param root the secret key that replaces one; `earlier`: the public key of that one's anchors */
export function signHandover(root: Buffer, earlier: string, at: string): Handover {
  const signature = sign(null, handoverText({ at, earlier }), privateKey(root)).toString('base64')
  return { at, earlier, signature }
}

/** The keys that are trusted if this one is: those that it vouches for, and those that they do. */
export function keysBefore(key: string, handovers: readonly Handover[]): readonly string[] {
  const trusted = [key]
  // Grows while it is walked through.
  for (const one of trusted) {
    const spki = createPublicKey({ key: Buffer.concat([PUBLIC, Buffer.from(one, 'hex')]), format: 'der', type: 'spki' })
    for (const handover of handovers) {
      const good = verify(null, handoverText(handover), spki, Buffer.from(handover.signature, 'base64'))
      if (good && !trusted.includes(handover.earlier)) trusted.push(handover.earlier)
    }
  }
  return trusted
}
