/**
 * The same bytes in blocks of their own, each of `size` but the last. As it comes, a piece of one byte may hold on to the
 * 64 kB that it was read with: padded with extensions of chunks (RFC 9112, 7.1.1) 10 MB of them would hold all memory there is.
 */
export async function* inBlocks(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let block: Buffer | undefined
  let filled = 0
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      block ??= Buffer.allocUnsafe(size)
      const part = piece.subarray(at, at + size - filled)
      block.set(part, filled)
      at += part.length
      filled += part.length
      if (filled < size) continue
      yield block
      block = undefined
      filled = 0
    }
  }
  if (block !== undefined) yield block.subarray(0, filled)
}
