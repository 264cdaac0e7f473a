/** Longest text that is hashed, in bytes; what is longer is cut. Keys have at most 200 characters (server/run/record/keys.ts). */
const LONGEST = 1_024

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over the UTF-8 of texts: 64 bits that say nothing of the text to anybody
 * without the key. 0.4 µs for a UUID, where a SHA-256 through node:crypto takes 1.3 to 3 µs: a run takes several per
 * record. Writes the two halves, the lower first, of a 64-bit number.
 *
 * @param key 16 bytes.
 */
export function sipHash(key: Buffer): (text: string, into: Int32Array, at: number) => void {
  if (key.length !== 16) throw new Error('The key of a hash must have 16 bytes.')
  const k0 = key.readInt32LE(0)
  const k1 = key.readInt32LE(4)
  const k2 = key.readInt32LE(8)
  const k3 = key.readInt32LE(12)
  const bytes = Buffer.alloc(LONGEST + 8)

  // Each 64-bit word is two 32-bit ones, low and high: numbers here are exact to 53 bits only. A sum that is smaller than
  // what was added has a carry; no number leaves 32 bits, since one that does is an object on the heap.
  return (text, into, place) => {
    const length = write(bytes, text)
    // The last word holds what is left and, in its highest byte, the length.
    bytes.fill(0, length, length + 8)
    const last = length & ~7
    bytes[last + 7] = length & 255
    let v0l = 0x70736575 ^ k0
    let v0h = 0x736f6d65 ^ k1
    let v1l = 0x6e646f6d ^ k2
    let v1h = 0x646f7261 ^ k3
    let v2l = 0x6e657261 ^ k0
    let v2h = 0x6c796765 ^ k1
    let v3l = 0x79746573 ^ k2
    let v3h = 0x74656462 ^ k3
    let turned = 0
    for (let at = 0; at <= last + 8; at += 8) {
      const final = at > last
      const low = final ? 0 : bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      const high = final ? 0 : bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
      if (final) v2l ^= 0xff
      v3l ^= low
      v3h ^= high
      for (let round = final ? 4 : 2; round > 0; round--) {
        v0l = (v0l + v1l) | 0
        v0h = (v0h + v1h + (v0l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0
        turned = (v1l << 13) | (v1h >>> 19)
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
        v1l = turned ^ v0l
        turned = v0l
        v0l = v0h
        v0h = turned
        v2l = (v2l + v3l) | 0
        v2h = (v2h + v3h + (v2l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0
        turned = (v3l << 16) | (v3h >>> 16)
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
        v3l = turned ^ v2l
        v0l = (v0l + v3l) | 0
        v0h = (v0h + v3h + (v0l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0
        turned = (v3l << 21) | (v3h >>> 11)
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
        v3l = turned ^ v0l
        v2l = (v2l + v1l) | 0
        v2h = (v2h + v1h + (v2l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0
        turned = (v1l << 17) | (v1h >>> 15)
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
        v1l = turned ^ v2l
        turned = v2l
        v2l = v2h
        v2h = turned
      }
      v0l ^= low
      v0h ^= high
    }
    into[place] = v0l ^ v1l ^ v2l ^ v3l
    into[place + 1] = v0h ^ v1h ^ v2h ^ v3h
  }
}

/** Nearly all keys are ASCII, and a loop is quicker than a call out of JavaScript for so few bytes. */
function write(bytes: Buffer, text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127 || at >= LONGEST) return bytes.write(text, 0, LONGEST, 'utf8')
    bytes[at] = code
  }
  return text.length
}
