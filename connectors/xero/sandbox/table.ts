/** Records by id and in Xero's default order: UpdatedDateUTC ascending, then id. */
export class Table<T extends { readonly id: string; updated: number }> {
  readonly #byId = new Map<string, T>()
  #ordered: T[] = []
  /** Told of every record that is made or changed. */
  changed: ((record: T, type: 'CREATE' | 'UPDATE') => void) | undefined

  get(id: string): T | undefined {
    return this.#byId.get(id)
  }

  get size(): number {
    return this.#ordered.length
  }

  /** Read only; valid until the next change. */
  get ordered(): readonly T[] {
    return this.#ordered
  }

  /** For the first filling: one sort instead of many insertions. */
  fill(records: readonly T[]): void {
    for (const record of records) this.#byId.set(record.id, record)
    this.#ordered = [...this.#byId.values()].sort(compare)
  }

  insert(record: T): void {
    this.#byId.set(record.id, record)
    this.#ordered.splice(this.#place(record.updated, record.id), 0, record)
    this.changed?.(record, 'CREATE')
  }

  /** Gives the record a new UpdatedDateUTC and moves it to its new place. Moving pointers of 100,000 costs microseconds. */
  touch(record: T, updated: number): void {
    const from = this.#place(record.updated, record.id)
    if (this.#ordered[from] !== record) throw new Error(`Record ${record.id} is not where its UpdatedDateUTC says.`)
    this.#ordered.splice(from, 1)
    record.updated = updated
    this.#ordered.splice(this.#place(updated, record.id), 0, record)
    this.changed?.(record, 'UPDATE')
  }

  /** Where the records changed at or after an instant begin. */
  since(updated: number): number {
    return this.#place(updated, '')
  }

  #place(updated: number, id: string): number {
    let low = 0
    let high = this.#ordered.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const record = this.#ordered[middle]
      if (record && (record.updated < updated || (record.updated === updated && record.id < id))) low = middle + 1
      else high = middle
    }
    return low
  }
}

function compare(a: { id: string; updated: number }, b: { id: string; updated: number }): number {
  return a.updated - b.updated || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
