/** What a node remembers from run to run, per flow and node. It is written with the batch that settles, never before. */
export interface NodeMemory {
  /** Hash of the content that last went through a “changed only”, by key; keys that never did are missing. */
  contents(node: string, keys: readonly string[]): Promise<ReadonlyMap<string, Buffer>>
}

export type KeptContent = { readonly node: string; readonly key: string; readonly hash: Buffer }

/** What a batch adds to the memory of nodes. */
export type Remembered = { readonly contents: readonly KeptContent[] }

/** Collects it while the batch walks, and answers for what has not settled yet. */
export class BatchMemory {
  readonly #contents = new Map<string, KeptContent>()

  content(node: string, key: string): Buffer | undefined {
    return this.#contents.get(`${node} ${key}`)?.hash
  }

  /** The last one of a key counts. */
  keepContent(content: KeptContent): void {
    this.#contents.set(`${content.node} ${content.key}`, content)
  }

  remembered(): Remembered {
    return { contents: [...this.#contents.values()] }
  }
}
